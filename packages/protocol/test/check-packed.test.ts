import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { endOfPacked } from '../src/check-packed.ts'
import { pack } from '../src/packed.ts'
import { packable } from './support/packable.ts'

const end = (hex: string) => {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  return endOfPacked(bytes, 0, bytes.length)
}

describe('endOfPacked', () => {
  test('finds the end of whatever is packed, wherever it begins', () => {
    fc.assert(
      fc.property(packable, fc.nat(9), fc.nat(9), (value, before, after) => {
        const packed = pack(value)
        const bytes = Buffer.concat([Buffer.alloc(before, 0xc1), packed, Buffer.alloc(after, 0xc1)])
        expect(endOfPacked(bytes, before, bytes.length)).toBe(before + packed.length)
      }),
    )
  })

  test('finds no end in what is cut off', () => {
    fc.assert(
      fc.property(packable, fc.nat(), (value, cut) => {
        const packed = pack(value)
        expect(endOfPacked(packed, 0, cut % packed.length)).toBe(-1)
      }),
    )
  })

  test.each([
    ['binary of one octet length', 'c4 02 01 02', 4],
    ['binary of two octets length', 'c5 00 01 01', 4],
    ['binary of four octets length', 'c6 00 00 00 01 01', 6],
    ['a string of four octets length', 'db 00 00 00 01 61', 6],
    ['an array of four octets length', 'dd 00 00 00 01 c0', 6],
    ['a map of four octets length', 'df 00 00 00 01 c0 c0', 7],
    ['64 bits with a sign', 'd3 ff ff ff ff ff ff ff ff', 9],
  ])('knows %s', (_rule, hex, length) => expect(end(hex)).toBe(length))

  test.each([
    ['no octets', ''],
    ['the octet without meaning', 'c1'],
    ['a fixed extension', 'd4 01 00'],
    ['an extension with a length', 'c7 01 72 00'],
    ['an extension deep inside', '91 81 a1 61 d6 ff 00 00 00 00'],
    ['an array that claims more than there is', 'dd ff ff ff ff c0'],
    ['a map that claims more than there is', 'df ff ff ff ff c0 c0'],
    ['a string that claims more than there is', 'db ff ff ff ff 61'],
    ['more levels than any message has', `${'91'.repeat(9)} c0`],
    ['levels without end', '91'.repeat(100_000)],
  ])('refuses %s', (_rule, hex) => expect(end(hex)).toBe(-1))

  test("refuses what msgpackr's extensions hold: records, dates", () => {
    expect(end('d4 72 40 91 a1 61 01')).toBe(-1)
    const date = new Packr().pack(new Date(0))
    expect(endOfPacked(date, 0, date.length)).toBe(-1)
  })
})
