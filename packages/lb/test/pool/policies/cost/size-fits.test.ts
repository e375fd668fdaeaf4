import type { Skill } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { SizeFits } from '../../../../src/pool/policies/cost/size-fits.ts'

const skillOf = (fixed: number, perUnit: number, more: Partial<Skill> = {}): Skill => ({
  ...{ score: 1, seconds: 1, count: 9, rate: 1 },
  ...{ fixed, perUnit, ...more },
})
/** A worker that has served requests of 30 units only, in half a second, or of all sizes. */
const onlyShort = skillOf(0, 0.5 / 30, { units: 30, spread: 0, perUnitAhead: 0 })
const allSizes = skillOf(0.4, 1 / 8000, { units: 8_000, spread: 100_000, perUnitAhead: 0 })

function lineOf(fits: SizeFits, classNumber: number, member: number, units = 10, now = 0) {
  fits.select(classNumber, units, now)
  return { ...fits.lineAt(member) }
}
function expectedOf(fits: SizeFits, member: number, units: number, now = 0) {
  const { fixed, perUnit } = lineOf(fits, 5, member, units, now)
  return fixed + perUnit * units
}

describe('SizeFits', () => {
  test('knows what a worker has said of a class', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, { rest: 3 }), 0)
    fits.learn(1, 5, skillOf(2, 0.2), 0)
    expect(lineOf(fits, 5, 0)).toMatchObject({ fixed: 1, rest: 3 })
    expect(lineOf(fits, 5, 0).perUnit).toBeCloseTo(0.1)
    expect(lineOf(fits, 5, 1)).toMatchObject({ fixed: 2, perUnit: 0.2, rest: 0 })
  })

  test('expects of a worker that has not served the class what others take', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, { rest: 3, units: 10, perUnitAhead: 0.1 }), 0)
    expect(lineOf(fits, 5, 1)).toEqual({ fixed: 1, perUnit: 0.1, rest: 3, perUnitAhead: 0.1 })
  })

  test('expects of a worker that has the number of one that has left what others take', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, { units: 10 }), 0)
    fits.forgetMember(1)
    expect(lineOf(fits, 5, 1)).toMatchObject({ fixed: 1, perUnit: 0.1 })
  })

  test('expects of a class that no worker has served what others take', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, { units: 10 }), 0)
    expect(lineOf(fits, 6, 0)).toEqual({ fixed: 1, perUnit: 0.1, rest: 0, perUnitAhead: 0 })
  })

  test('expects a number of seconds, however small the requests were', () => {
    const fits = new SizeFits()
    fits.use(5, Number.MIN_VALUE)
    fits.learn(0, 5, skillOf(0.01, 0), 0)
    for (const member of [0, 1]) {
      expect(Object.values(lineOf(fits, 6, member, 1)).every(Number.isFinite)).toBe(true)
    }
  })

  test('expects more of a fast worker', () => {
    const fits = new SizeFits()
    for (let i = 0; i < 300; i++) {
      fits.use(5, 10)
      fits.learn(0, 5, skillOf(0, 0.1), 0)
      fits.learn(1, 5, skillOf(0, 0.4), 0)
    }
    const [fast, slow] = [0, 1].map((member) => lineOf(fits, 6, member).perUnit)
    expect((slow as number) / (fast as number)).toBeCloseTo(4, 0)
  })

  test('counts what is in progress by its units before any worker has said anything', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, { score: 1, seconds: 1, count: 9, rate: 1 }, 0)
    expect(fits.isAnyKnown).toBe(false)
    expect(lineOf(fits, 5, 0)).toMatchObject({ fixed: 0, rest: 0 })
    expect(lineOf(fits, 5, 0).perUnit).toBeGreaterThan(0)
  })

  test('forgets classes and workers', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1), 0)
    fits.learn(1, 5, skillOf(3, 0.3), 0)
    fits.forget(1, 5)
    expect(lineOf(fits, 5, 1).fixed).toBeLessThan(3)
    fits.learn(1, 5, skillOf(3, 0.3), 0)
    fits.forgetMember(1)
    expect(lineOf(fits, 5, 1).fixed).toBeLessThan(3)
    fits.forgetClass(5)
    expect(lineOf(fits, 5, 0).fixed).toBeGreaterThan(1)
  })

  test('expects of a worker that has had only short requests that long ones grow as at others', () => {
    const fits = new SizeFits()
    for (let i = 0; i < 40; i++) {
      fits.learn(0, 5, onlyShort, i)
      fits.learn(1, 5, allSizes, i)
    }
    expect(expectedOf(fits, 0, 30, 40)).toBeCloseTo(0.5)
    expect(expectedOf(fits, 0, 8_000, 40)).toBeCloseTo(1.5, 0)
    expect(expectedOf(fits, 1, 8_000, 40)).toBeCloseTo(1.4)
  })

  test('does not expect many times as long of long requests where all have had only short ones', () => {
    const fits = new SizeFits()
    for (const member of [0, 1]) fits.learn(member, 5, onlyShort, 0)
    expect(expectedOf(fits, 0, 8_000)).toBeGreaterThan(0.5)
    expect(expectedOf(fits, 0, 8_000)).toBeLessThan(10)
    expect(expectedOf(fits, 0, 8_000)).toBeCloseTo(expectedOf(fits, 1, 8_000))
  })

  test('takes a worker that has said nothing for long more and more for one as others', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(50, 0.1, { units: 10, spread: 1e6 }), 0)
    for (let i = 0; i < 100; i++) fits.learn(1, 5, skillOf(1, 0.1, { units: 10, spread: 1e6 }), i)
    expect(lineOf(fits, 5, 0, 10, 10).fixed).toBeCloseTo(50)
    expect(lineOf(fits, 5, 0, 10, 3_600).fixed).toBeLessThan(4)
  })

  test('forgets soon what a worker has said of an absurd size', () => {
    const fits = new SizeFits()
    for (let i = 0; i < 8; i++) {
      fits.learn(0, 5, skillOf(0.1, 0, { units: 1e15, spread: 1e15, perUnitAhead: 0 }), 0)
      fits.use(5, 1e15)
    }
    for (let i = 0; i < 60; i++) {
      fits.learn(1, 5, allSizes, i)
      fits.use(5, 8_000)
    }
    expect(expectedOf(fits, 2, 8_000, 60)).toBeCloseTo(1.4)
    expect(expectedOf(fits, 2, 20_000, 60)).toBeCloseTo(2.9, 0)
    expect(fits.scaleOf(5, 8_000)).toBeCloseTo(1, 1)
  })

  test('takes one request of an absurd size for no more than twice the mean', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, allSizes, 0)
    for (let i = 0; i < 60; i++) fits.use(5, 8_000)
    fits.use(5, 1e15)
    expect(fits.scaleOf(5, 8_000)).toBeGreaterThan(0.5)
  })

  test('bounds what a worker says', () => {
    const fits = new SizeFits()
    const huge = Number.MAX_VALUE
    const all = { rest: huge, units: huge, spread: huge, perUnitAhead: huge }
    fits.learn(0, 5, skillOf(huge, huge, all), 0)
    fits.learn(1, 5, skillOf(1, 0.1), 0)
    const day = 86_400
    for (const member of [0, 1, 2]) {
      for (const value of Object.values(lineOf(fits, 5, member))) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(100 * day)
      }
    }
  })
})
