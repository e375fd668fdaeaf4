import { readLatin1 } from '@resumelb/common'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  readDouble,
  readUint16,
  readUint32,
  readUtf8,
  writeBytes,
  writeDouble,
  writeUint16,
  writeUint32,
  writeUtf8,
} from '../src/bytes.ts'

const bytes = Buffer.alloc(1000)
const place = fc.nat(9)

describe('numbers', () => {
  test('are written and read as Buffer does it', () => {
    fc.assert(
      fc.property(
        place,
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.double(),
        (at, two, four, real) => {
          expect(writeUint16(two, bytes, at)).toBe(at + 2)
          expect([bytes.readUInt16BE(at), readUint16(bytes, at)]).toEqual([two, two])
          expect(writeUint32(four, bytes, at)).toBe(at + 4)
          expect([bytes.readUInt32BE(at), readUint32(bytes, at)]).toEqual([four, four])
          expect(writeDouble(real, bytes, at)).toBe(at + 8)
          expect([bytes.readDoubleBE(at), readDouble(bytes, at)]).toEqual([real, real])
        },
      ),
    )
  })
})

describe('texts', () => {
  test('are written and read as Buffer does it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(
      fc.property(place, text, (at, written) => {
        const end = writeUtf8(written, bytes, at)
        expect(end).toBe(at + Buffer.byteLength(written))
        expect(bytes.toString('utf8', at, end)).toBe(Buffer.from(written).toString())
        expect(readUtf8(bytes, at, end)).toBe(bytes.toString('utf8', at, end))
        expect(readLatin1(bytes, at, end)).toBe(bytes.toString('latin1', at, end))
      }),
    )
  })
})

test('bytes are copied to where they belong', () => {
  bytes.fill(0)
  expect(writeBytes(Buffer.from([1, 2]), bytes, 3)).toBe(5)
  expect([...bytes.subarray(2, 6)]).toEqual([0, 1, 2, 0])
})
