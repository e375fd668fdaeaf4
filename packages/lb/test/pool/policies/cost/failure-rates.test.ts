import { describe, expect, test } from 'vitest'
import { FailureRates } from '../../../../src/pool/policies/cost/failure-rates.ts'

/** One member, under another number than 0. */
function setUp() {
  const rates = new FailureRates()
  rates.reset(3)
  return {
    at: (now: number) => rates.at(3, now),
    fail: (now: number) => rates.fail(3, now),
    succeed: (now: number) => rates.succeed(3, now),
  }
}

describe('FailureRates', () => {
  test('grows with each failure, the less the greater it is', () => {
    const rate = setUp()
    expect(rate.at(0)).toBe(0)
    rate.fail(0)
    expect(rate.at(0)).toBeCloseTo(0.2, 9)
    rate.fail(0)
    expect(rate.at(0)).toBeCloseTo(0.36, 9)
    for (let i = 0; i < 100; i++) rate.fail(0)
    expect(rate.at(0)).toBeLessThanOrEqual(1)
  })

  test('falls with each success', () => {
    const rate = setUp()
    rate.fail(0)
    rate.succeed(0)
    expect(rate.at(0)).toBeCloseTo(0.16, 9)
    for (let i = 0; i < 100; i++) rate.succeed(0)
    expect(rate.at(0)).toBe(0)
  })

  test('fades with time', () => {
    const rate = setUp()
    rate.fail(0)
    expect(rate.at(10)).toBeCloseTo(0.2 / Math.E, 9)
  })
})
