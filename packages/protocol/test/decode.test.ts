import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameDecoder } from '../src/decode.ts'
import { ProtocolError } from '../src/errors.ts'
import { frameTypes, maxPayloadLength } from '../src/frame.ts'
import { anyHello, decodeRaw, frame, type RawFrame } from './support/frame-text.ts'

const anyFrame: fc.Arbitrary<RawFrame> = fc
  .record({
    type: fc.constantFrom(...Object.values(frameTypes)),
    flags: fc.nat(255),
    stream: fc.nat(0xffff_ffff),
    length: fc.oneof(fc.nat(40), fc.nat(40_000)),
    fill: fc.nat(255),
  })
  .map(({ type, flags, stream, length, fill }) => {
    const payload = Buffer.alloc(Math.min(length, maxPayloadLength(type)), fill)
    return { type, flags, stream, payload }
  })

/** Comparing long buffers byte by byte is slow. */
const brief = (frames: readonly RawFrame[]) =>
  frames.map((each) => ({ ...each, payload: each.payload.toString('latin1') }))

const encode = (frames: readonly RawFrame[]) =>
  Buffer.concat(
    frames.map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload)),
  )

const codeOf = (run: () => unknown) => {
  try {
    run()
    return 'none'
  } catch (error) {
    return (error as ProtocolError).code
  }
}

describe('FrameDecoder', () => {
  test('gives the same frames for every way of cutting the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (frames, places) => {
          const bytes = encode(frames)
          const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
          expect(brief(decodeRaw(bytes, cuts))).toEqual(brief(frames))
        },
      ),
    )
  })

  test('takes bytes one by one', () => {
    const frames = [
      { type: 4, flags: 1, stream: 7, payload: Buffer.from('some body') },
      { type: 10, flags: 0, stream: 0, payload: Buffer.alloc(0) },
      { type: 5, flags: 0, stream: 0xffff_ffff, payload: Buffer.from([0x90]) },
    ]
    const bytes = encode(frames)
    expect(decodeRaw(bytes, [...bytes.keys()])).toEqual(frames)
  })

  test('hands on payloads that the next bytes do not change', () => {
    const kept: Buffer[] = []
    const decoder = new FrameDecoder((_type, _flags, _id, bytes, start, end) =>
      kept.push(bytes.subarray(start, end)),
    )
    decoder.push(anyHello)
    for (let i = 0; i < 50; i++) {
      const bytes = frame(4, 0, 1, Buffer.alloc(1000, i))
      decoder.push(bytes.subarray(0, 300))
      decoder.push(bytes.subarray(300))
    }
    expect(kept.slice(1).every((payload, i) => payload.every((byte) => byte === i))).toBe(true)
  })

  test.each(Object.entries(frameTypes))(
    'refuses a %s that is too long by its header',
    (_, type) => {
      const most = maxPayloadLength(type)
      const header = frame(type, 0, 0, Buffer.alloc(0))
      header.writeUInt32BE(most, 0)
      expect(codeOf(() => decodeRaw(header))).toBe('none')
      header.writeUInt32BE(most + 1, 0)
      expect(codeOf(() => decodeRaw(header))).toBe('FRAME_TOO_LONG')
      expect(codeOf(() => decodeRaw(header, [4, 9]))).toBe('FRAME_TOO_LONG')
    },
  )

  test.each([0, 15, 255])('refuses the type %i', (type) => {
    expect(codeOf(() => decodeRaw(frame(type, 0, 0, Buffer.alloc(0))))).toBe('UNKNOWN_FRAME')
  })

  test.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
    ['a TLS client hello', Buffer.from('16030102000100 01fc0303'.replace(' ', ''), 'hex')],
    ['another frame', frame(frameTypes.PING, 0, 0, Buffer.alloc(0))],
    ['a HELLO longer than any', Buffer.from('00ffffff 01 00 00000000'.replaceAll(' ', ''), 'hex')],
  ])('knows that %s is not from a resumelb peer', (_rule, bytes) => {
    const first = () => new FrameDecoder(() => undefined).push(bytes)
    expect(codeOf(first)).toBe('NOT_RESUMELB')
  })

  test('shows the first bytes of a peer that does not speak resumelb', () => {
    const push = () => new FrameDecoder(() => undefined).push(Buffer.from('GET / HTTP/1.1\r\n'))
    expect(push).toThrow('its first bytes were "GET / HTTP/1.1\\r\\n"')
  })

  test('never does anything to random bytes but decode them or throw a ProtocolError', () => {
    const header = fc.tuple(fc.nat(300), fc.nat(14), fc.nat(255), fc.nat(3)).map((parts) => {
      const [length, type, flags, stream] = parts
      const bytes = frame(type, flags, stream, Buffer.alloc(0))
      bytes.writeUInt32BE(length, 0)
      return new Uint8Array(bytes)
    })
    const noise = fc.array(fc.oneof(header, fc.uint8Array({ maxLength: 300 })), { maxLength: 20 })
    fc.assert(
      fc.property(noise, (pieces) => {
        const decoder = new FrameDecoder(() => undefined)
        decoder.push(anyHello)
        try {
          for (const piece of pieces) decoder.push(Buffer.from(piece))
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('holds no more memory for a long frame than has come of it', () => {
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 1000 }, () => {
      const decoder = new FrameDecoder(() => undefined)
      decoder.push(anyHello)
      const header = frame(frameTypes.RESUME, 0, 0, Buffer.alloc(0))
      header.writeUInt32BE(maxPayloadLength(frameTypes.RESUME), 0)
      decoder.push(header)
      return decoder
    })
    const perDecoder = (process.memoryUsage().arrayBuffers - before) / decoders.length
    expect(perDecoder).toBeLessThan(64 * 1024)
  })
})
