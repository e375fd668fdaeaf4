import { expect, test } from 'vitest'
import { hashPair, hashString, mix32 } from '../../../src/pool/structures/hash.ts'

test('mix32 is the finaliser of murmur3', () => {
  expect([0, 1, 2 ** 32 - 1].map(mix32)).toEqual([0, 0x514e28b7, 0x81f16f39])
})

test('a hash of text is an unsigned 32-bit number, the same every time', () => {
  expect(hashString('example.com')).toBe(hashString('example.com'))
  expect(hashString('')).toBe(mix32(0x811c9dc5))
  for (const text of ['a', 'é', '日本', 'x'.repeat(1000)]) {
    expect(Number.isInteger(hashString(text))).toBe(true)
    expect(hashString(text)).toBeGreaterThanOrEqual(0)
    expect(hashString(text)).toBeLessThan(2 ** 32)
  }
})

test('similar texts and pairs fall evenly', () => {
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < 16_000; i++) {
    for (const hash of [hashString(`tenant${i}`), hashPair(i, 1), hashPair(1, i)]) {
      counts[hash & 15] = (counts[hash & 15] ?? 0) + 1
    }
  }
  for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(250)
})

test('the order of a pair matters', () => expect(hashPair(1, 2)).not.toBe(hashPair(2, 1)))
