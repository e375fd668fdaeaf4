import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FlatRow, maxFlatLength, readFlatRow, writeFlatRow } from '../src/flat-row.ts'
import { pack } from '../src/packed.ts'
import { packable } from './support/packable.ts'

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ minLength: 200, maxLength: 300 }),
)
const number = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  // Negative whole numbers are written longer than need be, and negative zero as zero.
  fc
    .double({ noNaN: true })
    .filter((value) => !(Number.isInteger(value) && value < 0))
    .map((value) => value + 0),
)
const row: fc.Arbitrary<FlatRow> = fc.array(fc.oneof(text, number, fc.boolean()), { maxLength: 15 })

function written(value: FlatRow, before = 0): Buffer {
  const bytes = Buffer.alloc(before + maxFlatLength(value))
  return bytes.subarray(before, writeFlatRow(value, bytes, before))
}

describe('a flat row', () => {
  test('is written as a library of MessagePack writes it', () => {
    fc.assert(
      fc.property(row, fc.nat(9), (value, before) => {
        expect(written(value, before)).toEqual(pack(value))
      }),
    )
  })

  test('is read as it was written, wherever it begins', () => {
    fc.assert(
      fc.property(row, fc.nat(9), (value, before) => {
        const bytes = Buffer.concat([Buffer.alloc(before), pack(value), Buffer.alloc(5, 0xc3)])
        expect(readFlatRow(bytes, before, bytes.length - 5)).toEqual(value)
      }),
    )
  })

  test.each([0, 23, 24, 25, 31, 32, 255, 256, 65_535, 65_536])(
    'has texts of %d characters, of whatever kind',
    (length) => {
      for (const letter of ['x', 'é', '語']) {
        const value = ['a', letter.repeat(length), 'x'.repeat(length), letter]
        const bytes = pack(value)
        expect(written(value).equals(bytes)).toBe(true)
        expect(readFlatRow(bytes, 0, bytes.length) ?? value).toEqual(value)
      }
    },
  )

  test('is not read from what is cut off, or goes on', () => {
    fc.assert(
      fc.property(row, fc.nat(), (value, cut) => {
        const bytes = pack(value)
        expect(readFlatRow(bytes, 0, cut % bytes.length)).toBeUndefined()
        const longer = Buffer.concat([bytes, bytes])
        expect(readFlatRow(longer, 0, longer.length)).toBeUndefined()
      }),
    )
  })

  test('is not read from other values', () => {
    fc.assert(
      fc.property(packable, (value) => {
        const isRow = Array.isArray(value) && !value.some((each) => typeof each === 'object')
        const bytes = pack(value)
        const read = readFlatRow(bytes, 0, bytes.length)
        if (!isRow) expect(read).toBeUndefined()
        else if (read !== undefined) expect(read).toEqual(value)
      }),
    )
  })

  test('is not read from random bytes unless they are one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(15), (random, count) => {
        const bytes = Buffer.from([0x90 | count, ...random])
        const read = readFlatRow(bytes, 0, bytes.length)
        if (read !== undefined) expect(read).toHaveLength(count)
      }),
      { numRuns: 2000 },
    )
  })
})
