import { beforeEach, describe, expect, test } from 'vitest'
import { HeadTooLongError } from '../src/errors.ts'
import { maxHeadLength } from '../src/frame.ts'
import { FrameWriter } from '../src/frame-writer.ts'
import { pack } from '../src/packed.ts'
import { decodeRaw, type RawFrame } from './support/frame-text.ts'

/** A sink that remembers its writes, those under one cork as one. */
class Sink {
  readonly writes: Buffer[] = []
  /** The buffers themselves, as they were given. */
  readonly lasting: Buffer[] = []
  #corked: Buffer[] | undefined

  write(bytes: Buffer): boolean {
    this.lasting.push(bytes)
    if (this.#corked) this.#corked.push(bytes)
    else this.writes.push(bytes)
    return bytes.length < 1000
  }

  cork(): void {
    this.#corked = []
  }

  uncork(): void {
    this.writes.push(Buffer.concat(this.#corked ?? []))
    this.#corked = undefined
  }

  get frames(): RawFrame[] {
    return decodeRaw(Buffer.concat(this.writes))
  }

  get bodies(): string[] {
    return this.frames.map(({ payload }) => payload.toString('latin1'))
  }
}

describe('FrameWriter', () => {
  let sink: Sink
  let writer: FrameWriter

  beforeEach(() => {
    sink = new Sink()
    writer = new FrameWriter(sink)
  })

  test('writes nothing before it is flushed, and then all at once', () => {
    writer.addEmpty(10)
    writer.addNumber(7, 3, 0xfedc_ba98)
    writer.addPacked(5, 0, 0xffff_fffe, ['x'])
    writer.addRaw(4, 1, 9, Buffer.from('body'))
    expect(sink.writes).toEqual([])
    writer.flush()
    expect(sink.writes).toHaveLength(1)
    expect(sink.frames).toEqual([
      { type: 10, flags: 0, stream: 0, payload: Buffer.alloc(0) },
      { type: 7, flags: 0, stream: 3, payload: Buffer.from('fedcba98', 'hex') },
      { type: 5, flags: 0, stream: 0xffff_fffe, payload: pack(['x']) },
      { type: 4, flags: 1, stream: 9, payload: Buffer.from('body') },
    ])
  })

  test('puts the length of a head before it, and a body behind', () => {
    writer.addHead(2, 0, 1, ['GET'], Buffer.from('body'))
    writer.flush()
    const payload = Buffer.concat([Buffer.from([0, 0, 0, 5]), pack(['GET']), Buffer.from('body')])
    expect(sink.frames).toEqual([{ type: 2, flags: 0, stream: 1, payload }])
  })

  test('takes the longest head and nothing longer, between others', () => {
    const text = (length: number) => ['x'.repeat(length - 6)]
    writer.addRaw(4, 0, 1, Buffer.alloc(10_000))
    writer.addHead(2, 0, 2, text(maxHeadLength))
    expect(() => writer.addHead(2, 0, 3, text(maxHeadLength + 1))).toThrow(HeadTooLongError)
    writer.addHead(2, 0, 4, ['GET'])
    expect(writer.length).toBe(10_010 + 14 + maxHeadLength + 14 + 5)
    writer.flush()
    writer.recycle()
    expect(sink.frames.map(({ stream }) => stream)).toEqual([1, 2, 4])
    expect(sink.frames[1]?.payload.subarray(4)).toEqual(pack(text(maxHeadLength)))
  })

  test('carries frames of any size in any number in few writes', () => {
    const bodies = Array.from({ length: 200 }, (_, i) => Buffer.alloc((i * 997) % 16_384, i))
    bodies.forEach((body, i) => {
      writer.beginRaw(4, 0, i, body.length)
      writer.addPiece(body.subarray(0, 100))
      writer.addPiece(body.subarray(100))
    })
    const total = bodies.reduce((sum, body) => sum + body.length + 10, 0)
    expect(writer.length).toBe(total)
    writer.flush()
    expect(sink.writes).toHaveLength(1)
    expect(sink.bodies).toEqual(bodies.map((body) => body.toString('latin1')))
  })

  test('keeps its own copy: what was added may change afterwards', () => {
    const body = Buffer.alloc(10_000, 'a')
    writer.addRaw(4, 0, 1, body)
    body.fill('b')
    writer.flush()
    expect(sink.bodies).toEqual(['a'.repeat(10_000)])
  })

  test('never writes into what it has flushed', () => {
    writer.addRaw(4, 0, 1, Buffer.alloc(100, 'a'))
    writer.flush()
    const before = Buffer.from(sink.writes[0]!)
    for (let i = 0; i < 2000; i++) {
      writer.addRaw(4, 0, 1, Buffer.alloc(100, 'b'))
      writer.flush()
    }
    expect(sink.writes[0]).toEqual(before)
  })

  test('reuses the same few slabs when that is allowed', () => {
    const memory = new Set<ArrayBufferLike>()
    for (let i = 0; i < 300; i++) {
      for (let j = 0; j < 5; j++) writer.addRaw(4, 0, i, Buffer.alloc(16_000, i))
      writer.flush()
      expect(sink.bodies).toEqual(
        Array.from({ length: 5 }, () => String.fromCharCode(i & 255).repeat(16_000)),
      )
      for (const write of sink.lasting.splice(0)) memory.add(write.buffer)
      sink.writes.length = 0
      writer.recycle()
    }
    expect(memory.size).toBeLessThan(9)
  })

  test('leaves alone what has not been flushed when it fills slabs again', () => {
    for (let i = 0; i < 30; i++) writer.addRaw(4, 0, i, Buffer.alloc(16_000, 65 + i))
    const written: Buffer[] = []
    while (writer.length > 0) {
      writer.flush(100_000)
      // What the kernel has taken may change.
      written.push(...sink.writes.splice(0).map((write) => Buffer.from(write)))
      writer.recycle()
      if (written.length === 1) writer.addRaw(4, 0, 99, Buffer.alloc(16_000, 'z'))
    }
    const bodies = decodeRaw(Buffer.concat(written)).map(({ payload }) => payload)
    expect(bodies.map((body) => String.fromCharCode(body[0]!)).join('')).toBe(
      `${Array.from({ length: 30 }, (_, i) => String.fromCharCode(65 + i)).join('')}z`,
    )
    expect(bodies.every((body) => body.every((byte) => byte === body[0]))).toBe(true)
  })

  test('writes about as much as it may, and keeps the rest for the next time', () => {
    for (let i = 0; i < 40; i++) writer.addRaw(4, 0, i, Buffer.alloc(16_000, i))
    const total = writer.length
    writer.flush(100_000)
    const first = sink.writes[0]!.length
    expect(first).toBeGreaterThanOrEqual(100_000)
    expect(first).toBeLessThan(200_000)
    expect(writer.length).toBe(total - first)
    while (writer.length > 0) writer.flush(100_000)
    expect(sink.frames).toHaveLength(40)
  })

  test('says whether the sink wants to be waited for', () => {
    writer.addRaw(4, 0, 1, Buffer.alloc(10))
    expect(writer.flush()).toBe(true)
    writer.addRaw(4, 0, 1, Buffer.alloc(1000))
    expect(writer.flush()).toBe(false)
    expect(writer.flush()).toBe(true)
  })
})
