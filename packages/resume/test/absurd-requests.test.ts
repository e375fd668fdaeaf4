import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResumeKeeper } from '../src/resume-keeper.ts'
import { SizeFit } from '../src/size-fit.ts'
import { chance, noise } from './support/chance.ts'

const window = 64
/** Requests after which nothing is left of absurd ones: two windows, and those that began them. */
const enough = 2 * window

const lineOf = (units: number) => 0.02 + units / 8000
/** Of smaller ones, the scatter of the others hides what they take. */
const usual = [5_000, 20_000, 90_000]

/** Adds normal requests, of sizes from 100 to 90,000. */
function addNormal(fit: SizeFit, count: number, random: () => number, slowness = 1): void {
  for (let i = 0; i < count; i++) {
    const units = Math.round(100 * 900 ** random())
    fit.add(units, slowness * lineOf(units) * noise(random, 0.2), 0.1, window)
  }
}

function expectNormal(fit: SizeFit, factor: number): void {
  for (const units of usual) {
    expect(fit.expect(units) / lineOf(units)).toBeGreaterThan(1 / factor)
    expect(fit.expect(units) / lineOf(units)).toBeLessThan(factor)
  }
}

/** What a client may claim of one request, and the time that it may take. */
const absurd = fc.record({
  units: fc.oneof(
    fc.constantFrom(0, 1e15),
    fc.double({ min: 0, max: 15, noNaN: true }).map((x) => 10 ** x),
  ),
  seconds: fc.double({ min: -6, max: 5, noNaN: true }).map((x) => 10 ** x),
  rest: fc.double({ min: -6, max: 5, noNaN: true }).map((x) => 10 ** x),
  ahead: fc.oneof(fc.constant(0), fc.constant(1e15)),
})

describe('one absurd request', () => {
  test.each([0, 3, 12, 100, 500])('of 10¹⁵ units after %d others does not last', (before) => {
    const random = chance(11)
    const fit = new SizeFit()
    addNormal(fit, before, random)
    fit.add(1e15, 0.1, 0, window)
    addNormal(fit, enough, random)
    expectNormal(fit, 1.5)
    expect(fit.units).toBeLessThan(90_000)
    expect(fit.spread).toBeLessThan(1e9)
  })

  test.each([
    [1e15, 0.1],
    [1e15, 3_600],
    [1e6, 0.001],
    [90_001, 36_000],
    [0, 36_000],
  ])('of %d units and %d s moves a known line little', (units, seconds) => {
    const random = chance(12)
    const fit = new SizeFit()
    addNormal(fit, 200, random)
    fit.add(units, seconds, 0, window)
    expectNormal(fit, 2)
  })

  test.each([1, 1.01, 2, 1_000])(
    'of %d times the size does little where all are equal',
    (times) => {
      const fit = new SizeFit()
      for (let i = 0; i < 100; i++) fit.add(30, 0.1, 0, window)
      fit.add(30 * times, 3_600, 0, window)
      expect(fit.expect(30)).toBeLessThan(0.3)
    },
  )

  test('that streams for a day does not last', () => {
    const fit = new SizeFit()
    addNormal(fit, 100, chance(13))
    fit.add(1_000, lineOf(1_000), 86_400, window)
    expect(fit.rest).toBeLessThan(10)
    addNormal(fit, enough, chance(14))
    expect(fit.rest).toBeCloseTo(0.1)
  })

  test('does not last among normal ones, whatever it says', () => {
    const bursts = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), absurd), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(bursts, fc.integer({ min: 1, max: 1e6 }), (each, seed) => {
        const random = chance(seed)
        const fit = new SizeFit()
        for (const [before, { units, seconds, rest, ahead }] of each) {
          addNormal(fit, before, random)
          fit.add(units, seconds, rest, window, ahead)
        }
        addNormal(fit, enough, random)
        expectNormal(fit, 2)
        expect(fit.rest).toBeLessThan(0.2)
        expect(fit.expectWait(10_000)).toBeLessThan(1)
      }),
    )
  })
})

describe('one request that hung', () => {
  test('changes the means of its class and of all little, and is soon forgotten', () => {
    const keeper = new ResumeKeeper()
    for (let i = 0; i < 100; i++) keeper.finish('a', 0.01, i)
    const skill = keeper.finish('a', 86_400, 100)
    expect(skill.seconds).toBeLessThan(0.04)
    expect(skill.score).toBeGreaterThan(50)
    expect(keeper.expectedSeconds('new')).toBeLessThan(0.04)
    for (let i = 0; i < enough; i++) keeper.finish('a', 0.01, 101 + i)
    expect(keeper.skill('a', 300)?.seconds).toBeCloseTo(0.01, 3)
  })

  test('is believed if the next ones take as long', () => {
    const keeper = new ResumeKeeper()
    for (let i = 0; i < 100; i++) keeper.finish('a', 0.01, i)
    for (let i = 0; i < enough; i++) keeper.finish('a', 10, 100 + i)
    expect(keeper.skill('a', 300)?.seconds).toBeGreaterThan(8)
  })

  test('is not expected to take longer than a day, whatever its size', () => {
    const keeper = new ResumeKeeper()
    for (const units of [100, 200, 400]) keeper.finish('a', { seconds: units, units }, 0)
    expect(keeper.expectedSeconds('a', { units: 1e15 })).toBe(86_400)
  })
})

describe('a change that lasts', () => {
  test.each([10, 1 / 10])('is learned soon: %d times as slow', (slowness) => {
    const random = chance(15)
    const fit = new SizeFit()
    addNormal(fit, 300, random)
    addNormal(fit, enough, random, slowness)
    const part = fit.expect(10_000) / (slowness * lineOf(10_000))
    expect(part).toBeGreaterThan(0.8)
    expect(part).toBeLessThan(1.25)
  })

  test('is learned soon: requests of a thousand times the size', () => {
    const fit = new SizeFit()
    for (let i = 0; i < 300; i++) fit.add(30, lineOf(30), 0, window)
    for (let i = 0; i < 5; i++) fit.add(30_000 + i, lineOf(30_000), 0, window)
    expect(fit.expect(30_000)).toBeGreaterThan(0.8 * lineOf(30_000))
    expect(fit.expect(30_000)).toBeLessThan(1.25 * lineOf(30_000))
  })
})
