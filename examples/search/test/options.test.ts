import { describe, expect, test } from 'vitest'
import { defaultSearchOptions, resolveSearchOptions, searchOptionsFrom } from '../src/options.ts'

describe('resolveSearchOptions', () => {
  test('fills in the defaults', () => {
    expect(resolveSearchOptions({ tenants: 3 })).toEqual({ ...defaultSearchOptions, tenants: 3 })
  })

  test.each([
    ['0', 0],
    ['a fraction', 1.5],
    ['no number', Number.NaN],
    ['too many', 10_001],
  ])('refuses %s as the number of tenants', (_, tenants) => {
    expect(() => resolveSearchOptions({ tenants })).toThrow(
      `Expected tenants to be a whole number from 1 to 10000, got ${tenants}`,
    )
  })
})

describe('searchOptionsFrom', () => {
  test('reads the environment', () => {
    const environment = { TENANTS: '9', CACHED: '2', DOCS: '30', WORKER_NAME: 'w4' }
    expect(searchOptionsFrom(environment)).toEqual({
      tenants: 9,
      cached: 2,
      documents: 30,
      workerName: 'w4',
    })
  })

  test('leaves out what is absent or empty', () => {
    expect(searchOptionsFrom({ TENANTS: '' })).toEqual({})
  })
})
