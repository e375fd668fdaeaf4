import { defaultsOf } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { resolveSessionOptions, sessionTable } from '../src/options.ts'

describe('resolveSessionOptions', () => {
  test('fills in the defaults', () => {
    expect(resolveSessionOptions({})).toEqual({ ...defaultsOf(sessionTable), credentials: [] })
    expect(resolveSessionOptions({ sessionTimeout: 500 }).sessionTimeout).toBe(500)
  })

  test.each([
    [
      { sessionTimeout: 399 },
      'Expected sessionTimeout to be a number from 400 to 3600000, got 399',
    ],
    [{ sessionTimeout: Number.NaN }, 'got NaN'],
    [{ unreachableEvery: 0 }, 'Expected unreachableEvery'],
    [{ credentials: [{ user: 'a:b', password: '' }] }, "a name without colon, got 'a:b'"],
  ])('refuses %o', (options, message) => {
    expect(() => resolveSessionOptions(options)).toThrow(message)
  })
})
