/**
 * Collects the frames of one turn of the event loop, so that they leave in one system call.
 *
 * Short pieces are copied side by side into a slab; a long body piece travels as it is, between two
 * parts of the slab.
 */
import { frameHeaderLength } from './frame.ts'
import { packBriefly } from './packed.ts'

/** What an outbox needs of a socket. */
export interface Sink {
  write(bytes: Buffer): boolean
  cork(): void
  uncork(): void
}

/** Pieces up to this length are copied into the slab: cheaper than one more vector for the kernel. */
const longestCopy = 4 * 1024

const slabLength = 32 * 1024

export class Outbox {
  readonly #sink: Sink
  #slab: Buffer = Buffer.allocUnsafeSlow(slabLength)
  /** The part of the slab that is not yet in `#pieces`. */
  #start = 0
  #end = 0
  readonly #pieces: Buffer[] = []
  #length = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Bytes collected and not yet flushed. */
  get length(): number {
    return this.#length
  }

  /** Adds a frame whose payload is a packed value, and then, if given, raw bytes. */
  addPacked(type: number, flags: number, streamId: number, value: unknown, body?: Buffer): void {
    const { bytes, start, end } = packBriefly(value)
    const bodyLength = body === undefined ? 0 : body.length
    this.#header(end - start + bodyLength, type, flags, streamId)
    this.#copy(bytes, start, end)
    if (body !== undefined) this.#raw(body)
  }

  /**
   * Adds a frame whose payload is the length of a packed head in 4 bytes, the head, and then, if
   * given, the first bytes of the body.
   */
  addHead(type: number, flags: number, streamId: number, head: unknown, body?: Buffer): void {
    const { bytes, start, end } = packBriefly(head)
    const bodyLength = body === undefined ? 0 : body.length
    this.#header(4 + end - start + bodyLength, type, flags, streamId)
    this.#reserve(4)
    this.#uint32(end - start)
    this.#copy(bytes, start, end)
    if (body !== undefined) this.#raw(body)
  }

  /** Adds a frame whose payload is these bytes. They must not change before they have left. */
  addRaw(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#header(payload.length, type, flags, streamId)
    this.#raw(payload)
  }

  /** Adds a frame whose payload is one whole number in 4 bytes. */
  addNumber(type: number, streamId: number, number: number): void {
    this.#header(4, type, 0, streamId)
    this.#reserve(4)
    this.#uint32(number)
  }

  /** Writes all that was collected. Returns false if the socket wants us to wait for its drain. */
  flush(): boolean {
    this.#cut()
    const pieces = this.#pieces
    this.#length = 0
    if (pieces.length === 0) return true
    if (pieces.length === 1) return this.#sink.write(pieces.pop() as Buffer)
    this.#sink.cork()
    let goOn = true
    for (const piece of pieces) goOn = this.#sink.write(piece)
    pieces.length = 0
    this.#sink.uncork()
    return goOn
  }

  #header(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(frameHeaderLength)
    this.#uint32(length)
    this.#slab[this.#end++] = type
    this.#slab[this.#end++] = flags
    this.#uint32(streamId)
    this.#length += frameHeaderLength + length
  }

  #uint32(value: number): void {
    const slab = this.#slab
    slab[this.#end++] = value >>> 24
    slab[this.#end++] = value >>> 16
    slab[this.#end++] = value >>> 8
    slab[this.#end++] = value
  }

  #raw(bytes: Buffer): void {
    if (bytes.length <= longestCopy) {
      this.#copy(bytes, 0, bytes.length)
    } else {
      this.#cut()
      this.#pieces.push(bytes)
    }
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    bytes.copy(this.#slab, this.#end, start, end)
    this.#end += end - start
  }

  /** Makes room in the slab. A slab is never used twice: the kernel may still be reading it. */
  #reserve(length: number): void {
    if (this.#slab.length - this.#end >= length) return
    this.#cut()
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabLength, length))
    this.#start = 0
    this.#end = 0
  }

  #cut(): void {
    if (this.#end === this.#start) return
    this.#pieces.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
