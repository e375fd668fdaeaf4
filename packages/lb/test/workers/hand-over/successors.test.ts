import { expect, test } from 'vitest'
import type { WorkerSummary } from '../../../src/pool/pool.ts'
import { Successors } from '../../../src/workers/hand-over/successors.ts'

/** `has` are the classes that it is warm for. */
function summaryOf(worker: string, has: string, more: Partial<WorkerSummary<string>> = {}) {
  const countOf = (requestClass: string) => (has.includes(requestClass) ? 5 : 0)
  const demandOf = () => 0
  return { worker, weight: 1, classes: has.length, demand: 0, countOf, demandOf, ...more }
}

const handed = (requestClass: string, rate = 0) => ({
  requestClass,
  seconds: 1,
  rate,
  requests: [],
})

function spread(classes: string, ...summaries: WorkerSummary<string>[]): string {
  const successors = new Successors(summaries)
  const choose = (requestClass: string) => {
    const one = handed(requestClass)
    return successors.warmest(one) ?? successors.roomiest(one) ?? 'none'
  }
  return [...classes].map(choose).join(' ')
}

test('the classes of a worker go to those with the least classes, one after the other', () => {
  const [one, two, three] = [summaryOf('w1', 'ab'), summaryOf('w2', ''), summaryOf('w3', 'c')]
  expect(spread('pqrstu', one, two, three)).toBe('w2 w2 w3 w1 w2 w3')
})

test('a class goes to a worker that has it anyway, which needs no room for it', () => {
  expect(spread('apq', summaryOf('w1', 'abc'), summaryOf('w2', ''))).toBe('w1 w2 w2')
})

test('a worker that has a class, but not the time for all its requests, does not get it', () => {
  const busy = summaryOf('w1', 'a', { demand: 0.5 })
  const successors = new Successors([busy, summaryOf('w2', 'bcdef')])
  expect(successors.warmest(handed('a', 0.4))).toBeUndefined()
  expect(successors.warmest(handed('a', 0.3))).toBe('w1')
  // With what it has been given since.
  expect(successors.warmest(handed('a', 0.1))).toBeUndefined()
  // If no other worker has the time either, this one is warm at least.
  expect(new Successors([busy]).warmest(handed('a', 0.4))).toBe('w1')
})

test('a class too many at a worker is worse than more work', () => {
  const busy = summaryOf('w1', 'ab', { demand: 0.8 })
  expect(spread('p', busy, summaryOf('w2', 'cde', { demand: 0.1 }))).toBe('w1')
})

test('a worker that can do twice as much gets twice as many', () => {
  const [one, two] = [summaryOf('w1', ''), summaryOf('w2', '', { weight: 2 })]
  expect(
    spread('pqrstu', one, two)
      .split(' ')
      .filter((worker) => worker === 'w2'),
  ).toHaveLength(4)
})

test('a class with many requests goes to a worker that has little to do', () => {
  const successors = new Successors([
    summaryOf('w1', 'a', { demand: 3 }),
    summaryOf('w2', 'bc', { demand: 0.5 }),
  ])
  expect(successors.roomiest(handed('p', 2))).toBe('w2')
})

test('while workers are nearly idle, what counts is that no cache gets too many classes', () => {
  const busy = summaryOf('w1', 'a', { demand: 0.2 })
  expect(spread('pqr', busy, summaryOf('w2', 'bcdef', { demand: 0.01 }))).toBe('w1 w1 w1')
})

test('there is no successor if there is no other worker', () => {
  expect(spread('p')).toBe('none')
})

test('a worker that gives a class away for another one needs no room for it', () => {
  const successors = new Successors([summaryOf('w1', 'abc'), summaryOf('w2', 'de')])
  const choose = (requestClass: string, ...exchange: string[]) => {
    return successors.roomiest(handed(requestClass), new Set(exchange))
  }
  // As full as the other with one more, and then less full; but not if that has more room.
  expect([choose('p', 'w1'), choose('q', 'w1'), choose('r', 'w2')]).toEqual(['w1', 'w1', 'w2'])
  const other = new Successors([summaryOf('w1', 'abcde'), summaryOf('w2', 'f')])
  expect(other.roomiest(handed('p'), new Set(['w1']))).toBe('w2')
})

test('the main home of a class is the worker that has most of its requests by far', () => {
  const successors = new Successors([summaryOf('w1', 'a', { demandOf: () => 0.4 })])
  const isMainHome = (rate: number) => successors.isMainHome('w1', handed('a', rate))
  expect([isMainHome(0.1), isMainHome(0.3)]).toEqual([true, false])
})
