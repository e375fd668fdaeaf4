import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxLink } from '../src/chain.ts'
import { maxWarmthLength } from '../src/frame.ts'
import { maxLinksPerFrame, readWarmth, warmthPayload } from '../src/warmth.ts'

const read = (bytes: Buffer, isWhole = false) => readWarmth(bytes, 0, bytes.length, isWhole)
const links = fc.array(fc.integer({ min: 1, max: maxLink }))

test('a WARMTH arrives as it was sent', () => {
  fc.assert(
    fc.property(links, links, (warm, gone) => {
      const bytes = warmthPayload({ warm, gone })
      expect(read(bytes)).toEqual({ warm, gone })
      expect(read(bytes, true)).toEqual({ whole: true, warm, gone })
      expect(bytes.length).toBe(4 + 6 * (warm.length + gone.length))
    }),
  )
})

test('as many links as may be fit into a frame', () => {
  const warm = Array.from({ length: maxLinksPerFrame }, (_, i) => i + 1)
  const { length } = warmthPayload({ warm, gone: [] })
  expect(length).toBeLessThanOrEqual(maxWarmthLength)
  expect(length + 6).toBeGreaterThan(maxWarmthLength)
})

test.each(['', '000000', '00000001', '0000000100000000', '00000000ff', '00000001000000000000'])(
  'a WARMTH is not %j',
  (hex) => {
    const badMessage = expect.objectContaining({ code: 'BAD_MESSAGE' })
    expect(() => read(Buffer.from(hex, 'hex'))).toThrow(badMessage)
  },
)
