import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goingAwayFrame, WebSocketFrames } from '../../src/http/websocket-frames.ts'

/** A frame of so many bytes of payload, with a mask or without. */
function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0
  const end = Buffer.alloc((isMasked ? 4 : 0) + length, 0xff)
  if (length < 126) return Buffer.concat([Buffer.from([0x82, mask | length]), end])
  const isShort = length < 65_536
  const header = Buffer.alloc(isShort ? 4 : 10)
  header.set([0x82, mask | (isShort ? 126 : 127)])
  if (isShort) header.writeUInt16BE(length, 2)
  else header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, end])
}

const length = fc.oneof(fc.nat(300), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536, 70_000))
const frames = fc.array(fc.tuple(length, fc.boolean()), { minLength: 1, maxLength: 5 })

describe('WebSocketFrames', () => {
  test('is between two frames exactly where one has ended, however the bytes come', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 9000 })), (all, cuts) => {
        const parts = all.map(([size, isMasked]) => frame(size, isMasked))
        const bytes = Buffer.concat(parts)
        const ends = new Set([0])
        let end = 0
        for (const { length: size } of parts) {
          end += size
          ends.add(end)
        }
        const follower = new WebSocketFrames()
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          const piece = bytes.subarray(at, at + cut)
          follower.follow(piece)
          at += piece.length
          expect(follower.isBetweenFrames).toBe(ends.has(at))
        }
      }),
    )
  })

  test('takes no more than the rest of the frame that has begun', () => {
    fc.assert(
      fc.property(length, length, fc.boolean(), fc.nat(), (one, other, isMasked, where) => {
        const first = frame(one, isMasked)
        const bytes = Buffer.concat([first, frame(other, isMasked)])
        const at = 1 + (where % first.length)
        const follower = new WebSocketFrames()
        follower.follow(bytes.subarray(0, at))
        expect(follower.followToEnd(bytes.subarray(at))).toBe(first.length - at)
        expect(follower.isBetweenFrames).toBe(true)
        expect(follower.followToEnd(bytes.subarray(first.length))).toBe(0)
      }),
    )
  })

  test('a server goes away by a close frame of code 1001 that has no mask', () => {
    expect(goingAwayFrame.toString('hex')).toBe('880203e9')
  })
})
