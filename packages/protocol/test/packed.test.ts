import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pack, packBriefly, packedLength, unpack } from '../src/packed.ts'
import { packable } from './support/packable.ts'

describe('pack and unpack', () => {
  test('give back what was packed, wherever it begins', () => {
    fc.assert(
      fc.property(packable, fc.nat(9), (value, before) => {
        const bytes = Buffer.concat([Buffer.alloc(before), pack(value), Buffer.alloc(5)])
        expect(unpack(bytes, before, bytes.length - 5)).toEqual(value)
      }),
    )
  })

  test('keep a class that is called __proto__', () => {
    const packed = pack(new Map([['__proto__', 1]]))
    expect(unpack(packed, 0, packed.length)).toEqual(new Map([['__proto__', 1]]))
  })

  test('refuse anything but exactly one value', () => {
    const one = pack('one')
    const code = { code: 'BAD_MESSAGE' }
    expect(() => unpack(one, 0, 0)).toThrow(expect.objectContaining(code))
    expect(() => unpack(one, 0, 3)).toThrow(expect.objectContaining(code))
    expect(() => unpack(Buffer.concat([one, one]), 0, 2 * one.length)).toThrow(
      expect.objectContaining(code),
    )
  })

  test('never do anything to random bytes but read them or throw a BAD_MESSAGE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        const bytes = Buffer.from(random)
        try {
          unpack(bytes, 0, bytes.length)
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError', code: 'BAD_MESSAGE' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('packBriefly', () => {
  test('packs what pack packs', () => {
    const { bytes, start, end } = packBriefly(['a', 1])
    expect(Buffer.from(bytes.subarray(start, end))).toEqual(pack(['a', 1]))
  })
})

describe('packedLength', () => {
  test('is that of what pack packs', () => expect(packedLength(['a', 1])).toBe(4))
})
