import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClassTally, rateOf } from '../../src/admin/class-tally.ts'

describe('ClassTally', () => {
  test('counts requests, hits and durations of each class', () => {
    const tally = new ClassTally(10)
    tally.count('a', 0, 1, false)
    tally.count('a', 0, 2, true)
    expect(tally.top(10, 0)).toMatchObject([
      { name: 'a', requests: 2, floor: 0, hits: 1, seconds: 3 },
    ])
  })

  test('puts the class with the most requests of late first', () => {
    const tally = new ClassTally(10)
    for (let i = 0; i < 100; i++) tally.count('old', 0, 1, true)
    for (let i = 0; i < 10; i++) tally.count('new', 600, 1, true)
    expect(tally.top(1, 600).map(({ name }) => name)).toEqual(['new'])
    expect(tally.largest(1).map(({ name }) => name)).toEqual(['old'])
  })

  test('knows the rate of a steady class, and forgets it when nothing comes', () => {
    const tally = new ClassTally(10)
    for (let i = 0; i < 3_000; i++) tally.count('a', i / 10, 1, true)
    const [counted] = tally.top(1, 300)
    if (counted === undefined) throw new Error('nothing was counted')
    expect(rateOf(counted, 300)).toBeCloseTo(10, 0)
    expect(rateOf(counted, 600)).toBeLessThan(0.01)
  })

  test('never counts more classes than its capacity, nor any too low, nor too high by more than it says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 500 }), (stream) => {
        const tally = new ClassTally(8)
        const exact = new Map<string, number>()
        for (const number of stream) {
          const name = `class-${number}`
          exact.set(name, (exact.get(name) ?? 0) + 1)
          tally.count(name, 0, 0, false)
          expect(tally.size).toBeLessThanOrEqual(8)
        }
        for (const { name, requests, floor } of tally.top(8, 0)) {
          const right = exact.get(name) ?? 0
          expect(requests).toBeGreaterThanOrEqual(right)
          expect(requests - floor).toBeLessThanOrEqual(right)
        }
      }),
    )
  })

  test('keeps a class that has a large part of the requests, however many others pass by', () => {
    const tally = new ClassTally(20)
    for (let i = 0; i < 10_000; i++) {
      tally.count(`passing-${i}`, i, 1, false)
      if (i % 5 === 0) tally.count('large', i, 1, true)
    }
    expect(tally.largest(1)).toMatchObject([{ name: 'large' }])
    expect(tally.evicted).toBeGreaterThan(9_000)
  })
})
