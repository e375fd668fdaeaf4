import { describe, expect, test } from 'vitest'
import { FailureRate } from '../../../../src/pool/policies/cost/failure-rate.ts'

describe('FailureRate', () => {
  test('grows with each failure, the less the greater it is', () => {
    const rate = new FailureRate()
    expect(rate.at(0)).toBe(0)
    rate.fail(0)
    expect(rate.at(0)).toBeCloseTo(0.2, 9)
    rate.fail(0)
    expect(rate.at(0)).toBeCloseTo(0.36, 9)
    for (let i = 0; i < 100; i++) rate.fail(0)
    expect(rate.at(0)).toBeLessThanOrEqual(1)
  })

  test('falls with each success', () => {
    const rate = new FailureRate()
    rate.fail(0)
    rate.succeed(0)
    expect(rate.at(0)).toBeCloseTo(0.16, 9)
    for (let i = 0; i < 100; i++) rate.succeed(0)
    expect(rate.at(0)).toBe(0)
  })

  test('fades with time', () => {
    const rate = new FailureRate()
    rate.fail(0)
    expect(rate.at(10)).toBeCloseTo(0.2 / Math.E, 9)
  })
})
