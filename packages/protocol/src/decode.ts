/** Decodes bytes, in pieces of any size, into frames. */
import { readUint32 } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { frameHeaderLength, frameTypes, lastFrameType, maxPayloadLength } from './frame.ts'
import { notResumelbError } from './preface.ts'

/** Receives one frame: its payload is `bytes[start, end)` and may be kept. */
export type FrameSink = (
  type: number,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void

/** Bytes allocated at once for a longer frame; more only as bytes arrive. */
const firstRoom = 32 * 1024

const nothing: Buffer = Buffer.alloc(0)

/** Decodes one direction of one connection. The first frame must be a HELLO. */
export class FrameDecoder {
  readonly #sink: FrameSink
  /** Number of frames that the last {@link push} has passed on. */
  frames = 0
  /** The beginning of an incomplete frame. */
  #part: Buffer = nothing
  #held = 0
  #hasHello = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Decodes the next bytes. Throws a {@link ProtocolError} if they are invalid. */
  push(chunk: Buffer): void {
    this.frames = 0
    const at = this.#held === 0 ? 0 : this.#completePart(chunk)
    const rest = this.#decode(chunk, at)
    if (rest < chunk.length) this.#beginPart(chunk, rest)
  }

  /** Keeps the beginning of a frame. */
  #beginPart(chunk: Buffer, at: number): void {
    const length = this.#partLength(chunk.subarray(at))
    this.#part = Buffer.allocUnsafe(Math.max(chunk.length - at, Math.min(length, firstRoom)))
    this.#hold(chunk, at, chunk.length)
  }

  /** Completes the frame that has begun; returns where in the chunk the next one starts. */
  #completePart(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length) {
      const length = this.#partLength(this.#part.subarray(0, this.#held))
      const end = Math.min(chunk.length, at + length - this.#held)
      this.#hold(chunk, at, end)
      at = end
      const held = this.#part.subarray(0, this.#held)
      if (this.#held < this.#partLength(held)) continue
      this.#part = nothing
      this.#held = 0
      this.#decode(held, 0)
      return at
    }
    return at
  }

  /** Length of the frame with this beginning, or of its header while that is incomplete. */
  #partLength(beginning: Buffer): number {
    if (beginning.length < frameHeaderLength) return frameHeaderLength
    // Checked before the payload arrives: a peer must not make us buffer it.
    return frameHeaderLength + this.#checkedLength(beginning, 0)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const held = this.#held + end - start
    if (held > this.#part.length) {
      const larger = Buffer.allocUnsafe(Math.max(held, 2 * this.#part.length))
      this.#part.copy(larger, 0, 0, this.#held)
      this.#part = larger
    }
    bytes.copy(this.#part, this.#held, start, end)
    this.#held = held
  }

  /**
   * Passes on the complete frames in `bytes` from `at`; returns where the first incomplete one
   * starts.
   */
  #decode(bytes: Buffer, from: number): number {
    let at = from
    while (bytes.length - at >= frameHeaderLength) {
      const length = this.#checkedLength(bytes, at)
      const start = at + frameHeaderLength
      const end = start + length
      if (end > bytes.length) break
      at = end
      this.#hasHello = true
      this.frames++
      this.#sink(
        bytes[start - 6] as number,
        bytes[start - 5] as number,
        readUint32(bytes, start - 4),
        bytes,
        start,
        end,
      )
    }
    return at
  }

  #checkedLength(bytes: Buffer, at: number): number {
    const length = readUint32(bytes, at)
    const type = bytes[at + 4] as number
    const most = maxPayloadLength(type)
    if (!this.#hasHello && (type !== frameTypes.HELLO || length > most)) {
      throw notResumelbError(bytes.subarray(at))
    }
    if (type < 1 || type > lastFrameType) {
      throw new ProtocolError('UNKNOWN_FRAME', `frame of unknown type ${type}`)
    }
    if (length > most) {
      throw new ProtocolError('FRAME_TOO_LONG', `payload of ${length} bytes, at most ${most}`)
    }
    return length
  }
}
