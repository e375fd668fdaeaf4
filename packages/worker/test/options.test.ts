import { OptionError, unlimitedConcurrency } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { resolveOptions, resolveSettings } from '../src/options.ts'

describe('settings', () => {
  test('have no limit of concurrency by default', () => {
    const { concurrency, advertisedConcurrency } = resolveSettings({})
    expect([concurrency, advertisedConcurrency]).toEqual([
      Number.POSITIVE_INFINITY,
      unlimitedConcurrency,
    ])
  })

  test('may come as text', () => {
    const { concurrency, advertisedConcurrency } = resolveSettings({ concurrency: '2' as never })
    expect([concurrency, advertisedConcurrency]).toEqual([2, 2])
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e7, '', 'many', null, true])(
    'refuse %o as concurrency',
    (concurrency) => {
      expect(() => resolveSettings({ concurrency: concurrency as never })).toThrow(OptionError)
    },
  )
})

test('options have defaults', () => {
  expect(resolveOptions({})).toMatchObject({ description: '', version: '', tracelog: undefined })
})

test('no more cold loads are admitted than there are slots', () => {
  expect(() => resolveOptions({ concurrency: 2, maxColdLoads: 4 })).toThrow(
    'Expected maxColdLoads to be at most concurrency, which is 2, got 4',
  )
  expect(() => resolveOptions({ concurrency: 4, maxColdLoads: 4 })).not.toThrow()
  expect(() => resolveOptions({ maxColdLoads: 4 })).not.toThrow()
})

test('a concurrency that is lowered later bounds the cold loads as well', () => {
  expect(() => resolveSettings({ concurrency: 2, maxColdLoads: 4 })).not.toThrow()
})

test('limits of connections are checked', () => {
  expect(() => resolveOptions({ connection: { window: 1 } })).toThrow('Expected window')
})
