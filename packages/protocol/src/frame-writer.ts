/**
 * Collects the frames of one event-loop iteration, so that they are sent in one system call.
 *
 * All bytes are copied into slabs, so callers may change their buffers, and the kernel gets few
 * vectors. Copying a body costs less than one percent of sending it.
 */
import { Buffer } from 'node:buffer'
import { writeBytes, writeUint32, writeUtf8 } from './bytes.ts'
import { HeadTooLongError } from './errors.ts'
import { type FlatRow, maxFlatLength, writeFlatRow } from './flat-row.ts'
import { frameHeaderLength, headPrefixLength, maxHeadLength } from './frame.ts'
import { packBriefly } from './packed.ts'

/** What a writer needs of a socket. */
export interface Sink {
  write(bytes: Buffer): boolean
  cork(): void
  uncork(): void
}

const slabLength = 64 * 1024

/** Slabs kept for reuse: about as many as are sent in one iteration. */
const maxSpareSlabs = 8

export class FrameWriter {
  readonly #sink: Sink
  #slab: Buffer = Buffer.allocUnsafeSlow(slabLength)
  /** The part of the slab that is not in `#pieces` yet. */
  #start = 0
  #end = 0
  #pieces: Buffer[] = []
  /** Full slabs whose bytes the socket may still be reading, and slabs that can be reused. */
  readonly #used: Buffer[] = []
  readonly #spare: Buffer[] = []
  #length = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Bytes collected and not yet flushed. */
  get length(): number {
    return this.#length
  }

  /** Adds a frame without a payload. */
  addEmpty(type: number): void {
    this.#header(0, type, 0, 0)
  }

  /** Adds a frame whose payload is a packed value. */
  addPacked(type: number, flags: number, streamId: number, value: unknown): void {
    const { bytes, start, end } = packBriefly(value)
    this.#header(end - start, type, flags, streamId)
    this.#copy(bytes.subarray(start, end))
  }

  /** Adds a frame whose payload is these bytes. */
  addRaw(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#header(payload.length, type, flags, streamId)
    this.#copy(payload)
  }

  /**
   * Adds a frame whose payload is the length of a head in 4 bytes, the head, and then, if given,
   * the first bytes of the body; `bodyLength` is their number, if known. Throws a {@link
   * HeadTooLongError}, and adds nothing, if the peer would refuse the head.
   */
  addHead(
    type: number,
    flags: number,
    streamId: number,
    head: FlatRow,
    body?: Buffer | string,
    bodyLength: number = lengthOf(body),
  ): void {
    this.#reserve(frameHeaderLength + headPrefixLength + maxFlatLength(head))
    // The head comes first, because only then its length is known.
    const headAt = this.#end + frameHeaderLength + headPrefixLength
    const headEnd = writeFlatRow(head, this.#slab, headAt)
    const headLength = headEnd - headAt
    if (headLength > maxHeadLength) throw new HeadTooLongError(headLength, maxHeadLength)
    this.#header(headPrefixLength + headLength + bodyLength, type, flags, streamId)
    this.#uint32(headLength)
    this.#end = headEnd
    if (typeof body === 'string') {
      this.#reserve(bodyLength)
      this.#end = writeUtf8(body, this.#slab, this.#end)
    } else if (body !== undefined) this.#copy(body)
  }

  /** Adds a frame whose payload is one whole number in 4 bytes. */
  addNumber(type: number, streamId: number, number: number): void {
    this.#header(4, type, 0, streamId)
    this.#reserve(4)
    this.#uint32(number)
  }

  /** Adds a frame whose payload, `length` bytes, comes in pieces through {@link addPiece}. */
  beginRaw(type: number, flags: number, streamId: number, length: number): void {
    this.#header(length, type, flags, streamId)
  }

  readonly addPiece: (piece: Buffer) => void = (piece) => this.#copy(piece)

  /**
   * Writes what was collected, about `most` bytes at once: the rest stays. Returns false if the
   * caller should wait for the socket's `drain`.
   */
  flush(most: number = Number.POSITIVE_INFINITY): boolean {
    this.#cut()
    const pieces = this.#pieces
    let count = 0
    for (let bytes = 0; count < pieces.length && bytes < most; count++) {
      bytes += (pieces[count] as Buffer).length
    }
    if (count === pieces.length) this.#pieces = []
    else this.#pieces = pieces.splice(count)
    return this.#write(pieces)
  }

  /**
   * The kernel has copied all that was flushed: the slabs may be reused. Only for sockets that do
   * not keep what was written, such as those of `node:net`; others may pass on the same memory.
   */
  recycle(): void {
    if (this.#pieces.length > 0) return
    this.#spare.push(...this.#used.splice(0, maxSpareSlabs - this.#spare.length))
    this.#used.length = 0
    if (this.#start < this.#end) return
    this.#start = 0
    this.#end = 0
  }

  #write(pieces: readonly Buffer[]): boolean {
    if (pieces.length > 1) this.#sink.cork()
    let goOn = true
    for (const piece of pieces) {
      this.#length -= piece.length
      goOn = this.#sink.write(piece)
    }
    if (pieces.length > 1) this.#sink.uncork()
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
    this.#end = writeUint32(value, this.#slab, this.#end)
  }

  #copy(bytes: Buffer): void {
    let rest = bytes
    let room = this.#slab.length - this.#end
    while (rest.length > room) {
      if (room > 0) this.#end = writeBytes(rest.subarray(0, room), this.#slab, this.#end)
      rest = rest.subarray(room)
      this.#reserve(1)
      room = this.#slab.length - this.#end
    }
    this.#end = writeBytes(rest, this.#slab, this.#end)
  }

  /** Makes room in the slab. */
  #reserve(length: number): void {
    if (this.#slab.length - this.#end >= length) return
    this.#cut()
    if (this.#used.length < maxSpareSlabs && this.#slab.length === slabLength) {
      this.#used.push(this.#slab)
    }
    // Only a head may need more than a slab of the default length.
    this.#slab =
      length > slabLength
        ? Buffer.allocUnsafeSlow(length)
        : (this.#spare.pop() ?? Buffer.allocUnsafeSlow(slabLength))
    this.#start = 0
    this.#end = 0
  }

  #cut(): void {
    if (this.#end === this.#start) return
    this.#pieces.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}

/** Bytes of a body, if there is one. */
export function lengthOf(body: Buffer | string | undefined): number {
  if (body === undefined) return 0
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length
}
