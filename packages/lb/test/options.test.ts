import { describe, expect, test } from 'vitest'
import { balancingTable, defaultBalancingOptions, resolveBalancingOptions } from '../src/options.ts'

describe('resolveBalancingOptions', () => {
  test('fills in the defaults', () => {
    expect(resolveBalancingOptions({})).toEqual(defaultBalancingOptions)
    expect(resolveBalancingOptions({ maxRetries: 0 })).toEqual({
      ...defaultBalancingOptions,
      maxRetries: 0,
    })
  })

  test.each(Object.keys(balancingTable))('names %s if it is out of its range', (name) => {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => resolveBalancingOptions({ [name]: value })).toThrow(`Expected ${name} to be`)
    }
  })
})
