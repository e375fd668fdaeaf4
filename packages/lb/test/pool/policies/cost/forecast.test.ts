import { describe, expect, test } from 'vitest'
import { Forecast } from '../../../../src/pool/policies/cost/forecast.ts'
import { createRandom } from '../../contract.ts'

/** Learns many requests, the n-th taking as long as `secondsOf` says. */
function learn(count: number, secondsOf: (i: number) => number, crowdingOf = (_i: number) => 0) {
  const forecast = new Forecast()
  for (let i = 0; i < count; i++) {
    forecast.learn(secondsOf(i), 0.01, crowdingOf(i))
    forecast.learnPressure(secondsOf(i), 0.01)
  }
  return forecast
}

describe('predictability', () => {
  test('is not lost for long by one request that hung, or was said to be huge', () => {
    for (const [seconds, expected] of [
      [36_000, 0.01],
      [0.01, 86_400],
    ] as const) {
      const forecast = learn(2000, () => 0.01)
      forecast.learn(seconds, expected, 0)
      expect(forecast.predictability).toBeGreaterThan(0.6)
    }
  })

  test('is 0 before anything is known', () => {
    expect(new Forecast().predictability).toBe(0)
  })

  test('is learned also if the first request took no time that can be measured', () => {
    const forecast = new Forecast()
    forecast.learn(0, 0.01, 0)
    for (let i = 0; i < 5000; i++) forecast.learn(0.01, 0.01, 0)
    expect(forecast.predictability).toBeGreaterThan(0.9)
  })

  test('is 1 where times are as estimated', () => {
    expect(learn(100, () => 0.01).predictability).toBeCloseTo(1)
  })

  test('is about 0 where times are exponentially distributed, and never below', () => {
    const random = createRandom()
    const exponential = () => -0.01 * Math.log(1 - random())
    expect(learn(5000, exponential).predictability).toBeLessThan(0.15)
    expect(learn(5000, (i) => (i % 50 === 0 ? 0.5 : 0)).predictability).toBe(0)
  })
})

describe('contention', () => {
  const crowding = (i: number) => (i % 5) / 2 - 1

  test('is near 1 where requests take as much longer as there are more of them', () => {
    expect(learn(5000, (i) => 0.01 * (1 + crowding(i)), crowding).contention).toBeGreaterThan(0.9)
  })

  test('is 0 where the others make no difference', () => {
    expect(learn(5000, () => 0.01, crowding).contention).toBe(0)
  })

  test('is 0 where requests are even quicker in a crowd', () => {
    expect(learn(5000, (i) => 0.01 * (1 - crowding(i) / 2), crowding).contention).toBe(0)
  })

  test('is 0 where there never is a crowd, whatever else makes requests slow', () => {
    expect(learn(5000, (i) => 0.01 * (1 + (i % 3))).contention).toBe(0)
  })
})

describe('cache pressure', () => {
  test('is 1 until there is reason to believe otherwise', () => {
    expect(new Forecast().cachePressure).toBe(1)
    expect(learn(1000, () => 0.01).cachePressure).toBe(1)
  })

  test('falls towards 0 where skilled workers are never slow', () => {
    expect(learn(10_000, () => 0.015).cachePressure).toBeLessThan(0.1)
  })

  test('is 1 where one request in fifty is slow', () => {
    expect(learn(10_000, (i) => (i % 50 === 0 ? 0.05 : 0.01)).cachePressure).toBe(1)
  })

  test('cares only for workers that had the class', () => {
    const forecast = learn(10_000, () => 0.01)
    for (let i = 0; i < 1000; i++) forecast.learn(1, 0.01, 0)
    expect(forecast.cachePressure).toBeLessThan(0.1)
  })
})
