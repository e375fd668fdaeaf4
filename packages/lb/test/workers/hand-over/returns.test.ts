import { ManualClock } from '@resumelb/common/testing'
import type { HandOver, Skill } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import type { WorkerSummary } from '../../../src/pool/pool.ts'
import { Returns } from '../../../src/workers/hand-over/returns.ts'
import type { Worker } from '../../../src/workers/worker.ts'
import { traitsOf } from '../../pool/support/play.ts'

const skill: Skill = { score: 1, seconds: 1, count: 1, rate: 0 }
const skills = (names: string) => new Map([...names].map((name) => [name, skill]))
const ready = { traits: traitsOf('w1') }
const warming = { traits: traitsOf('w1', { state: 'warming', warmsUp: true }) }

function workerNamed(key: string, handsOver = true) {
  const forgotten: string[] = []
  const handOver = (message: HandOver) => {
    if (message.step === 'forget') forgotten.push(...message.classes)
    return true
  }
  return { forgotten, worker: { key, handsOver, handOver } as unknown as Worker }
}

/** More than a worker that is ready waits for its classes. */
const delay = 5_000

/** Worker 1 is away; worker 2 has its classes a and b, worker 3 has c. */
function setUp({ handsOver = true, classesOfTwo = 9 } = {}) {
  const home = workerNamed('w1', handsOver)
  const [two, three] = [workerNamed('w2'), workerNamed('w3')]
  const clock = new ManualClock()
  const summaryOf = (worker: Worker, classes: number): WorkerSummary<Worker> => {
    const rest = { weight: 1, countOf: () => 1, demandOf: () => 0.1 }
    return { worker, classes, demand: classes / 10, ...rest }
  }
  const returns = new Returns({
    clock,
    summaries: () => [summaryOf(two.worker, classesOfTwo), summaryOf(three.worker, 9)],
  })
  const substitutes = { a: two.worker, b: two.worker, c: three.worker }
  returns.leave(home.worker, new Map(Object.entries(substitutes)), new Set())
  const forgotten = () => [two, three].map((each) => each.forgotten.sort().join(''))
  const given = () => home.forgotten.join('')
  return { returns, home: home.worker, two: two.worker, forgotten, given, clock }
}

test('a worker that is back and warm has its classes for itself', async () => {
  const { returns, home, forgotten, clock } = setUp()
  returns.lose(home)
  returns.onUpdate(home, { ...warming, resume: skills('abcx') })
  returns.onUpdate(home, { changes: new Map([['b', null]]) })
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['', ''])
  await clock.advance(delay)
  expect(forgotten()).toEqual(['a', 'c'])
  returns.onUpdate(home, ready)
  await clock.advance(delay)
  expect(forgotten()).toEqual(['a', 'c'])
})

test('one that was not restarted is as warm as it was', async () => {
  const { returns, home, forgotten, clock } = setUp()
  returns.onUpdate(home, { traits: traitsOf('w1', { state: 'draining' }) })
  returns.onUpdate(home, ready)
  await clock.advance(delay)
  expect(forgotten()).toEqual(['ab', 'c'])
})

test.each([
  ['knows nothing', {}, ''],
  ['does not warm up', { handsOver: false }, 'abc'],
])('one that comes back and %s changes nothing', async (_what, options, resume) => {
  const { returns, home, forgotten, clock } = setUp(options)
  returns.lose(home)
  returns.onUpdate(home, { ...ready, resume: skills(resume) })
  await clock.advance(delay)
  expect(forgotten()).toEqual(['', ''])
})

test('a class goes back past a worker that has left in the meantime', async () => {
  const { returns, home, two, forgotten, clock } = setUp()
  const four = workerNamed('w4')
  returns.leave(two, new Map([['a', four.worker]]), new Set())
  returns.onUpdate(home, ready)
  await clock.advance(delay)
  expect([...forgotten(), ...four.forgotten]).toEqual(['b', 'c', 'a'])
})

test('a worker that joins has the classes for itself that it is warm for, when it is ready', () => {
  const { returns, home, two, forgotten } = setUp()
  returns.join(home, new Map(Object.entries({ a: two, b: two })))
  returns.onUpdate(home, warming)
  returns.onUpdate(home, { changes: skills('a') })
  expect(forgotten()).toEqual(['', ''])
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['a', ''])
  // A report may be overtaken by that of the state.
  returns.onUpdate(home, { changes: skills('bc') })
  expect(forgotten()).toEqual(['ab', ''])
})

test('classes of the next worker that leaves take the place of those that were to return', async () => {
  const { returns, home, two, forgotten, given, clock } = setUp()
  const leaves = (worker: Worker) => worker === two
  expect(returns.free(leaves)).toEqual(new Set())
  returns.onUpdate(home, ready)
  // Worker 3 can keep class c; worker 2 leaves, so that its classes must return.
  expect(returns.free(leaves)).toEqual(new Set([home]))
  returns.exchange(home, leaves)
  expect(returns.free(leaves)).toEqual(new Set())
  expect(given()).toBe('c')
  await clock.advance(delay)
  expect([given(), ...forgotten()]).toEqual(['c', 'ab', ''])
})

test('a worker that is back forgets at once the classes that are home to others', async () => {
  const { returns, home, forgotten, given, clock } = setUp()
  returns.leave(home, new Map(), new Set('d'))
  returns.lose(home)
  returns.onUpdate(home, { ...warming, resume: skills('ad') })
  expect(given()).toBe('')
  returns.onUpdate(home, ready)
  expect(given()).toBe('d')
  returns.onUpdate(home, ready)
  await clock.advance(delay)
  expect([given(), ...forgotten()]).toEqual(['d', '', ''])
})

test('a class that its substitute hands over is the own one of the worker that is back', async () => {
  const { returns, home, forgotten, clock } = setUp()
  expect(returns.keep(home, 'a')).toBe(false)
  returns.onUpdate(home, ready)
  expect([returns.keep(home, 'a'), returns.keep(home, 'd')]).toEqual([true, false])
  await clock.advance(delay)
  expect(forgotten()).toEqual(['b', 'c'])
})

test('a worker that leaves again takes nothing', async () => {
  const { returns, home, forgotten, given, clock } = setUp()
  returns.onUpdate(home, ready)
  expect(returns.free((worker) => worker === home)).toEqual(new Set())
  returns.onUpdate(home, { traits: traitsOf('w1', { state: 'draining' }) })
  expect(returns.free(() => false)).toEqual(new Set())
  await clock.advance(delay)
  expect([given(), ...forgotten()]).toEqual(['', '', ''])
})

test('a worker that has only the classes of one that is back keeps some of them', async () => {
  const { returns, home, two, forgotten, given, clock } = setUp({ classesOfTwo: 6 })
  returns.leave(home, new Map([...'abcdef'].map((name) => [name, two])), new Set())
  returns.onUpdate(home, ready)
  await clock.advance(delay)
  expect([given(), ...forgotten()]).toEqual(['ef', 'abcd', ''])
})
