import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SizeFit } from '../src/size-fit.ts'
import { chance, noise } from './support/chance.ts'

const window = 64

/** Requests of these sizes, each of which takes what `secondsOf` says. */
function fitOf(
  sizes: readonly number[],
  secondsOf: (units: number) => number,
  fit = new SizeFit(),
) {
  for (const units of sizes) fit.add(units, secondsOf(units), 0, window)
  return fit
}

const sizes = (count: number, random = chance(1)) =>
  Array.from({ length: count }, () => Math.round(100 * 900 ** random()))

describe('SizeFit', () => {
  test('finds the line on which all requests lie', () => {
    const fit = fitOf(sizes(50), (units) => 0.02 + units / 8000)
    expect(fit.fixed).toBeCloseTo(0.02, 2)
    expect(1 / fit.perUnit).toBeGreaterThan(7_800)
    expect(1 / fit.perUnit).toBeLessThan(8_200)
    expect(fit.expect(90_000)).toBeGreaterThan(11)
  })

  test('finds it through noise and outliers', () => {
    const random = chance(7)
    const fit = fitOf(sizes(500, random), (units) => (0.5 + units / 8000) * noise(random, 0.3))
    expect(fit.expect(1_000)).toBeGreaterThan(0.625 * 0.8)
    expect(fit.expect(1_000)).toBeLessThan(0.625 * 1.4)
    expect(fit.expect(50_000)).toBeGreaterThan(6.75 * 0.8)
    expect(fit.expect(50_000)).toBeLessThan(6.75 * 1.4)
  })

  test('one outlier among many hardly moves it', () => {
    const line = (units: number) => 0.02 + units / 8000
    const fit = fitOf(sizes(100), line)
    const before = fit.expect(1_000)
    fit.add(1_000, 300, 0, window)
    expect(fit.expect(1_000)).toBeLessThan(before * 1.1)
  })

  test('follows a worker that has become three times as slow', () => {
    const random = chance(3)
    const fit = fitOf(sizes(300, random), (units) => 0.02 + units / 8000)
    fitOf(sizes(300, random), (units) => 3 * (0.02 + units / 8000), fit)
    expect(fit.expect(10_000)).toBeGreaterThan(3 * 1.27 * 0.85)
    expect(fit.expect(10_000)).toBeLessThan(3 * 1.27 * 1.15)
  })

  test('expects the mean of requests that have all the same size', () => {
    const fit = fitOf(Array(50).fill(4_000), () => 0.5)
    expect(fit.expect(4_000)).toBeCloseTo(0.5)
    expect(fit.expect(2_000)).toBeCloseTo(0.25)
    expect(fit.spread).toBeCloseTo(0)
  })

  test('knows no spread where all sizes are equal, however their mean is rounded', () => {
    const random = chance(7494)
    const fit = new SizeFit()
    const units = 8_000 * (1 - 1 / 7)
    for (let i = 0; i < 4; i++) {
      const ahead = random() < 0.5 ? 0 : units
      fit.add(units, 0.1 + random() / 10 + ahead / 10_000, 0, 64, ahead)
    }
    expect(fit.spread).toBeCloseTo(0)
    expect(fit.expect(units)).toBeLessThan(1)
  })

  test('does not expect that much larger requests take as many times as long', () => {
    const fit = fitOf(Array(20).fill(30), () => 0.5)
    expect(fit.expect(8_000)).toBeGreaterThan(0.5)
    expect(fit.expect(8_000)).toBeLessThan(10)
  })

  test('believes the first that is much larger', () => {
    const line = (units: number) => 0.3 + units / 8000
    const fit = fitOf(Array(20).fill(30), line)
    fit.add(8_000, line(8_000), 0, window)
    expect(fit.expect(8_000)).toBeCloseTo(line(8_000), 1)
    expect(fit.expect(30)).toBeCloseTo(line(30), 1)
    expect(fit.spread).toBeGreaterThan(8_000)
  })

  test.each([1, 6, 40])('takes no wait for service, behind %d others', (count) => {
    const fit = new SizeFit()
    const random = chance(5)
    for (let i = 0; i < 200; i++) {
      const ahead = 1_000 * Math.floor(count * random())
      fit.add(1_000, 0.2 + (1_000 + ahead) / 8000, 0, window, ahead)
    }
    expect(fit.expect(1_000)).toBeCloseTo(0.325, 1)
    expect(fit.expectWait(10_000)).toBeCloseTo(count === 1 ? 0 : 1.25, 1)
  })

  test('takes no wait for service if the first requests come all at once', () => {
    const fit = new SizeFit()
    for (let i = 0; i < 20; i++) fit.add(30, 0.1 * (i + 1), 0, window, 30 * i)
    expect(fit.expect(30)).toBeLessThan(0.2)
    expect(fit.perUnitAhead).toBeGreaterThan((0.9 * 0.1) / 30)
  })

  test('tells long requests from long waits, if the first long ones come at the same time', () => {
    const line = (units: number) => 0.05 + units / 8000
    const fit = fitOf(Array(20).fill(10), line)
    for (const ahead of [0, 8_000, 16_000]) {
      fit.add(8_000, line(8_000) + ahead / 8000, 0, window, ahead)
    }
    expect(fit.expect(8_000)).toBeGreaterThan(0.9)
    expect(fit.expect(8_000)).toBeLessThan(1.2)
    expect(fit.expectWait(8_000)).toBeCloseTo(1, 0)
  })

  test('sees no wait where all are computed at the same time', () => {
    const fit = new SizeFit()
    const random = chance(9)
    for (let i = 0; i < 500; i++) {
      fit.add(1_000, 0.5 * noise(random, 0.2), 0, window, 1_000 * Math.floor(20 * random()))
    }
    expect(fit.expect(1_000)).toBeGreaterThan(0.4)
    expect(fit.expectServing(1_000)).toBeLessThan(0.05)
  })

  test('takes the slope of others as long as its own requests tell none', () => {
    const fit = fitOf(Array(50).fill(4_000), () => 0.6, new SizeFit({ perUnit: 1 / 8000 }))
    expect(fit.expect(4_000)).toBeCloseTo(0.6)
    expect(fit.expect(8_000)).toBeCloseTo(1.1)
  })

  test('keeps its slope while all requests have the same size', () => {
    const line = (units: number) => 0.1 + units / 8000
    const fit = fitOf(sizes(200), line)
    fitOf(Array(2_000).fill(500), line, fit)
    expect(fit.expect(500)).toBeCloseTo(line(500))
    expect(fit.expect(50_000)).toBeGreaterThan(line(50_000) * 0.9)
    expect(fit.expect(50_000)).toBeLessThan(line(50_000) * 1.1)
  })

  test('expects the mean of requests without uncached units', () => {
    expect(fitOf([0, 0, 0], () => 0.01).expect(0)).toBeCloseTo(0.01)
  })

  test('learns what is left to do where nothing is uncached, after exact times', () => {
    const fit = fitOf(Array(30).fill(100), () => 1)
    fitOf(Array(300).fill(0), () => 0.2, fit)
    expect(fit.expect(0)).toBeCloseTo(0.2, 1)
  })

  test('means the time after the first byte', () => {
    const fit = new SizeFit()
    for (const rest of [1, 3]) fit.add(10, 0.1, rest, window)
    expect(fit.rest).toBeCloseTo(2, 1)
  })

  test('goes on with a saved line', () => {
    const fit = SizeFit.restore({ fixed: 0.02, perUnit: 1 / 8000, rest: 2 })!
    expect([fit.fixed, fit.perUnit, fit.rest]).toEqual([0.02, 1 / 8000, 2])
    fit.add(8_000, 1.2, 2, window)
    expect(fit.expect(8_000)).toBeCloseTo(1.04, 2)
    expect(fit.perUnit).toBeCloseTo(1 / 8000, 5)
    expect(SizeFit.restore({ seconds: 1 })).toBeUndefined()
  })

  test('goes on with a saved line through 0 when the first request has nothing uncached', () => {
    const fit = SizeFit.restore({ fixed: 0, perUnit: 0.001 })!
    for (const [units, seconds] of [
      [0, 0.1],
      [10, 0.1],
    ] as const) {
      fit.add(units, seconds, 0, window)
    }
    expect(fit.expect(10)).toBeGreaterThan(0)
    expect(fit.expect(10)).toBeLessThan(0.2)
  })

  test('never expects a negative or infinite time, whatever was measured', () => {
    const units = fc.oneof(
      fc.constantFrom(0, 1, 1e15),
      fc.double({ min: 0, max: 1e15, noNaN: true }),
    )
    const seconds = fc.oneof(fc.constantFrom(0, 1e9), fc.double({ min: 0, max: 1e9, noNaN: true }))
    const samples = fc.array(fc.tuple(units, seconds, seconds), { minLength: 1, maxLength: 50 })
    const part = fc.oneof(fc.constant(0), seconds)
    const saved = fc.option(fc.record({ fixed: part, perUnit: part }))
    fc.assert(
      fc.property(saved, samples, fc.integer({ min: 1, max: 1000 }), (line, all, window) => {
        const fit = (line && SizeFit.restore(line)) ?? new SizeFit()
        for (const [size, first, rest] of all) fit.add(size, first, rest, window, rest)
        const waits = [fit.perUnitAhead, fit.expectWait(1e15), fit.expectServing(1e15)]
        const own = [fit.fixed, fit.perUnit, fit.units, fit.spread, fit.expect(1e15)]
        for (const value of [fit.rest, fit.scatter, ...own, ...waits]) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThan(Number.POSITIVE_INFINITY)
        }
      }),
    )
  })
})
