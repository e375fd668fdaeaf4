import { describe, expect, test } from 'vitest'
import {
  bytes,
  count,
  duration,
  number,
  percent,
  rate,
  secondsBetween,
  shortNames,
} from '../../../src/admin/page/format.ts'

describe('figures for people', () => {
  test.each([
    [null, '–'],
    [0, '0 ms'],
    [0.0042, '4.2 ms'],
    [0.00996, '10 ms'],
    [0.12, '120 ms'],
    [0.9996, '1.0 s'],
    [3.21, '3.2 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
    [273_600, '3 d 4 h'],
  ])('a duration of %s seconds is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })

  test.each([
    [null, '–'],
    [0, '0 %'],
    [0.004, '< 1 %'],
    [0.5, '50 %'],
    [0.9999, '99.9 %'],
    [1, '100 %'],
  ])('a ratio of %s is %s', (ratio, text) => {
    expect(percent(ratio)).toBe(text)
  })

  test.each([
    [null, '–'],
    [0, '0'],
    [0.123, '0.12'],
    [3.456, '3.46'],
    [123.4, '123'],
    [12_345, '12,345'],
  ])('a number %s is %s', (value, text) => {
    expect(number(value)).toBe(text)
  })

  test('rates have as many places as their column needs', () => {
    expect([0.031, 9.99, 12.42].map(rate)).toEqual(['0.03', '9.99', '12.4'])
  })

  test('bytes have units of 1024', () => {
    expect([1000, 2048, 80_000_000].map(bytes)).toEqual(['1000 B', '2 KiB', '76.3 MiB'])
  })

  test('nouns are plural unless there is one', () => {
    expect([count(0, 'request'), count(1, 'request'), count(2, 'class', 'classes')]).toEqual([
      '0 requests',
      '1 request',
      '2 classes',
    ])
  })

  test('an age is never negative, and that of nothing is unknown', () => {
    expect(secondsBetween('2026-01-01T00:00:00Z', '2026-01-01T00:01:30Z')).toBe(90)
    expect(secondsBetween('2026-01-01T00:00:02Z', '2026-01-01T00:00:01Z')).toBe(0)
    expect(secondsBetween(null, '2026-01-01T00:00:01Z')).toBe(null)
  })

  test('addresses on one host are their ports', () => {
    expect(shortNames(['10.0.0.1:80', '10.0.0.1:81'])).toEqual([':80', ':81'])
    expect(shortNames(['[::1]:80', '10.0.0.1:80'])).toEqual(['[::1]:80', '10.0.0.1:80'])
    expect(shortNames(['unix:/run/a'])).toEqual(['unix:/run/a'])
  })
})
