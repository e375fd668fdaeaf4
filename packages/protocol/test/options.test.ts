import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { defaultConnectionOptions, resolveConnectionOptions } from '../src/options.ts'

describe('connection options', () => {
  test('not given have their defaults', () => {
    expect(resolveConnectionOptions({})).toEqual(defaultConnectionOptions)
    expect(resolveConnectionOptions({ window: 2048 })).toEqual({
      ...defaultConnectionOptions,
      window: 2048,
    })
  })

  test.each([
    ['window', 1023],
    ['window', 64 * 1024 * 1024 + 1],
    ['maxStreams', 0],
    ['helloTimeout', Number.NaN],
    ['pingAfter', 9],
    ['silenceTimeout', Number.POSITIVE_INFINITY],
  ])('refuse %s = %d and say why', (name, value) => {
    const resolve = () => resolveConnectionOptions({ [name]: value })
    expect(resolve).toThrow(OptionError)
    expect(resolve).toThrow(
      new RegExp(`^Expected ${name} to be a .*number from \\d+ to \\d+, got ${value}$`),
    )
  })

  test.each(['window', 'maxStreams'])('that are sent to the peer are whole numbers: %s', (name) => {
    expect(() => resolveConnectionOptions({ [name]: 2000.5 })).toThrow('a whole number')
  })

  test('may be fractions where they are times', () => {
    expect(resolveConnectionOptions({ helloTimeout: 99.5 }).helloTimeout).toBe(99.5)
  })

  test('give up a peer only after it could be asked', () => {
    expect(() => resolveConnectionOptions({ pingAfter: 500, silenceTimeout: 500 })).toThrow(
      'Expected silenceTimeout to be above pingAfter (500), got 500',
    )
  })
})
