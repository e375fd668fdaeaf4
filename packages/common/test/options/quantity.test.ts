import { describe, expect, test } from 'vitest'
import { parseQuantity } from '../../src/options/quantity.ts'

describe('a number as people type it', () => {
  test.each([
    ['7', 7],
    ['-1.5', -1.5],
    ['.5', 0.5],
    ['1e3', 1000],
    [' 7 ', 7],
  ])('%j is %d', (text, number) => {
    expect(parseQuantity(text)).toBe(number)
  })

  test.each(['', ' ', 'x', '0x10', '1,000', '1_000', 'NaN', 'Infinity', '7s', '1 2'])(
    '%j is none',
    (text) => {
      expect(parseQuantity(text)).toBeNaN()
    },
  )
})

describe('a time', () => {
  test.each([
    ['2', 2000],
    ['0.25', 250],
    ['500ms', 500],
    ['2s', 2000],
    ['2 S', 2000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('%j is %d ms', (text, milliseconds) => {
    expect(parseQuantity(text, 'ms')).toBe(milliseconds)
    expect(parseQuantity(text, 's')).toBe(milliseconds / 1000)
  })

  test.each(['2 weeks', '2k', 'ms', '1h30m', 'constructor', '1 constructor'])(
    '%j is none',
    (text) => {
      expect(parseQuantity(text, 'ms')).toBeNaN()
    },
  )
})

describe('a number of bytes', () => {
  test.each([
    ['100', 100],
    ['1k', 1024],
    ['1KiB', 1024],
    ['2m', 2 * 1024 ** 2],
    ['2 MiB', 2 * 1024 ** 2],
    ['1G', 1024 ** 3],
  ])('%j is %d', (text, bytes) => {
    expect(parseQuantity(text, 'bytes')).toBe(bytes)
  })

  test.each(['1s', '1kb', '1 byte'])('%j is none', (text) => {
    expect(parseQuantity(text, 'bytes')).toBeNaN()
  })
})
