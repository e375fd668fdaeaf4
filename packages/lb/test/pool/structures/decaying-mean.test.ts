import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecayingMean } from '../../../src/pool/structures/decaying-mean.ts'

describe('DecayingMean', () => {
  test('is 0 before the first sample and then the first sample', () => {
    const mean = new DecayingMean()
    expect(mean.value).toBe(0)
    mean.add(5, 0.75)
    expect(mean.value).toBe(5)
  })

  test('weighs a sample by decay to the power of its age', () => {
    const mean = new DecayingMean()
    for (const sample of [1, 2, 4]) mean.add(sample, 0.5)
    expect(mean.value).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 4) / (0.25 + 0.5 + 1), 12)
  })

  test('lies between the least and the greatest sample', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 })
    const decays = fc.double({ min: 0, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(samples, decays, (values, decay) => {
        const mean = new DecayingMean()
        for (const value of values) mean.add(value, decay)
        expect(mean.value).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-9))
        expect(mean.value).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-9))
      }),
    )
  })
})
