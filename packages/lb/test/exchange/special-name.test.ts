import { describe, expect, test } from 'vitest'
import { special, specialLike } from '../../src/exchange/special-name.ts'

describe('special', () => {
  test.each(['connection', 'Host', 'CONTENT-LENGTH', 'te', 'X-Forwarded-Proto'])(
    'knows %s in any case',
    (name) => expect(special(name)).toBe(name.toLowerCase()),
  )

  test.each([
    '',
    'accept',
    'hxst',
    'Hosts',
    't',
    'x-forwarded-protocols',
    '\u0168e',
    'x'.repeat(9999),
  ])('does not know %s', (name) => expect(special(name)).toBeUndefined())
})

describe('specialLike', () => {
  test('tells the one name that is worth a look', () => {
    expect(specialLike(4, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBe('host')
    expect(specialLike(5, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBeUndefined()
    expect(specialLike(99, 'H'.charCodeAt(0), 't'.charCodeAt(0))).toBeUndefined()
  })
})
