import { expect, test } from 'vitest'
import { shareOut } from '../../../src/workers/hand-over/share-out.ts'

/** Classes of one letter, with that many seconds of work a second, or as much as all others. */
function classesOf(names: string, rates: Record<string, number> = {}) {
  return [...names].map((requestClass) => {
    return { requestClass, seconds: 1, requests: [], rate: rates[requestClass] ?? 1 }
  })
}

function shares(offers: Record<string, ReturnType<typeof classesOf>>, joining = 1): string {
  const donations = shareOut(new Map(Object.entries(offers)), joining)
  return donations.map(({ from, handed }) => `${from}:${handed.requestClass}`).join(' ')
}

test('a worker that joins two others gets a third of their classes', () => {
  expect(shares({ w1: classesOf('abc'), w2: classesOf('def') })).toBe('w1:a w2:d')
})

test('it gets them from those that have most', () => {
  expect(shares({ w1: classesOf('abcdef'), w2: classesOf('g') })).toBe('w1:a w1:b')
})

test('each of two that join gets its part', () => {
  expect(shares({ w1: classesOf('abcdef') }, 2)).toBe('w1:a w1:b')
})

test('it gets no class that is more than its share of the work', () => {
  expect(shares({ w1: classesOf('abcd', { a: 90 }), w2: classesOf('efgh', { e: 90 }) })).toBe(
    'w1:b w2:f',
  )
})

test('a class that two workers have is given once', () => {
  expect(shares({ w1: classesOf('aa'), w2: classesOf('ab') })).toBe('w1:a')
})

test.each([
  ['nothing', {}],
  ['one class each', { w1: classesOf('a'), w2: classesOf('b') }],
])('others that have %s give nothing', (_what, offers) => {
  expect(shares(offers)).toBe('')
})

test('classes without requests count as much as others', () => {
  const none = { a: 0, b: 0, c: 0, d: 0 }
  expect(shares({ w1: classesOf('abcd', none) })).toBe('w1:a w1:b')
})

test('of the classes that are left, it gets those whose work is nearest to an average one', () => {
  const rates = { a: 1, b: 2, c: 6, d: 9, e: 10, f: 11 }
  expect(shares({ w1: classesOf('abcdef', rates) })).toBe('w1:c w1:d w1:b')
})
