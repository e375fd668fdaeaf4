import { describe, expect, test } from 'vitest'
import { knownField, knownFieldLike } from '../../src/http/known-fields.ts'

describe('knownField', () => {
  test.each(['connection', 'Host', 'CONTENT-LENGTH', 'te', 'X-Forwarded-Proto'])(
    'knows %s in any case',
    (name) => expect(knownField(name)).toBe(name.toLowerCase()),
  )

  test.each([
    '',
    'accept',
    'hxst',
    'Hosts',
    't',
    'x-forwarder-protocols',
    '\u0168e',
    'x'.repeat(9999),
  ])('does not know %s', (name) => expect(knownField(name)).toBeUndefined())
})

describe('knownFieldLike', () => {
  test('finds the only possible name', () => {
    expect(knownFieldLike(4, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBe('host')
    expect(knownFieldLike(5, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBeUndefined()
    expect(knownFieldLike(99, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBeUndefined()
  })
})
