import { describe, expect, test } from 'vitest'
import { OptionError } from '../../src/errors.ts'
import { refuseUnknown, resolveOptions } from '../../src/options/resolve.ts'

const table = {
  maxRetries: { default: 5, min: 0, max: 100, whole: true, help: 'How often' },
  timeout: { default: 1000, min: 1, max: 60_000, unit: 'ms', help: 'How long' },
  page: { type: 'text', form: 'the path of a file', help: 'What to show' },
} as const

describe('options', () => {
  test('have their defaults where none is given, or undefined', () => {
    const defaults = { maxRetries: 5, timeout: 1000, page: undefined }
    expect(resolveOptions(table, {})).toEqual(defaults)
    expect(resolveOptions(table, { maxRetries: undefined } as object)).toEqual(defaults)
  })

  test('are those that are given', () => {
    const given = { maxRetries: 0, timeout: 60_000, page: './page.html' }
    expect(resolveOptions(table, given)).toEqual(given)
  })

  test.each([
    [{ maxRetries: 101 }, /maxRetries .*from 0 to 100, got 101/],
    [{ maxRetries: 1.5 }, /maxRetries .*got 1.5/],
    [{ maxRetries: '5' }, /maxRetries .*got '5'/],
    [{ timeout: Number.NaN }, /timeout .*got NaN/],
    [{ page: 7 }, /page .*got 7/],
    [{ maxRetries: null }, /maxRetries .*got null/],
  ])('that are %j are refused by name', (given, message) => {
    const resolve = () => resolveOptions(table, given as object)
    expect(resolve).toThrow(OptionError)
    expect(resolve).toThrow(message)
  })

  test('of a tree may be numbers in a text', () => {
    const given = { maxRetries: '7', page: '7' } as object
    expect(() => resolveOptions(table, given, { acceptsText: true })).toThrow(/page/)
    const { maxRetries } = resolveOptions(table, { maxRetries: '7' } as object, {
      acceptsText: true,
    })
    expect(maxRetries).toBe(7)
  })
})

describe('a name', () => {
  test('that is known is let pass', () => {
    expect(() => refuseUnknown({ a: 1, b: undefined }, ['a', 'b'])).not.toThrow()
  })

  test('that is unknown is refused with the names that there are, and the one that was meant', () => {
    const refuse = (name: string) => () => refuseUnknown({ [name]: 1 }, ['maxRetries', 'timeout'])
    expect(refuse('max_retry')).toThrow(/one of maxRetries, timeout.*did you mean maxRetries\?/)
    expect(refuse('frobnicate')).toThrow(/one of maxRetries, timeout, got 'frobnicate'$/)
    expect(refuse('constructor')).toThrow(/'constructor'/)
  })
})
