/** Turns bytes, in whatever pieces they arrive, back into frames. */
import { ProtocolError } from './errors.ts'
import { frameHeaderLength, frameTypes, lastFrameType, maxPayloadLength } from './frame.ts'

/** Receives one frame: its payload is `bytes[start, end)` and may be kept. */
export type FrameSink = (
  type: number,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void

const smallestPart = 1024

/** A decoder for one direction of one connection. The first frame must be a HELLO. */
export class FrameDecoder {
  readonly #sink: FrameSink
  /** Holds the beginning of a frame whose rest has not come; grows as bytes really come. */
  #part: Buffer = Buffer.alloc(0)
  #held = 0
  #greeted = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Takes the next bytes. Throws a {@link ProtocolError} if they cannot be frames. */
  push(chunk: Buffer): void {
    const at = this.#held === 0 ? 0 : this.#completePart(chunk)
    const rest = this.#decode(chunk, at)
    if (rest < chunk.length) this.#hold(chunk, rest, chunk.length)
  }

  /** Fills up the frame that has begun; returns where in the chunk the next one starts. */
  #completePart(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length) {
      const needed = this.#neededForPart()
      const end = Math.min(chunk.length, at + needed - this.#held)
      this.#hold(chunk, at, end)
      at = end
      if (this.#held < this.#neededForPart()) continue
      const frame = this.#part.subarray(0, this.#held)
      this.#part = Buffer.alloc(0)
      this.#held = 0
      this.#decode(frame, 0)
      return at
    }
    return at
  }

  #neededForPart(): number {
    if (this.#held < frameHeaderLength) return frameHeaderLength
    // Checked before the payload is here: a peer must not make us buffer it.
    return frameHeaderLength + this.#checkedLength(this.#part, 0)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const held = this.#held + end - start
    if (held > this.#part.length) {
      const larger = Buffer.allocUnsafe(Math.max(held, 2 * this.#part.length, smallestPart))
      this.#part.copy(larger, 0, 0, this.#held)
      this.#part = larger
    }
    bytes.copy(this.#part, this.#held, start, end)
    this.#held = held
  }

  /** Hands on the whole frames in `bytes` from `at`; returns where the first partial one starts. */
  #decode(bytes: Buffer, from: number): number {
    let at = from
    while (bytes.length - at >= frameHeaderLength) {
      const length = this.#checkedLength(bytes, at)
      const start = at + frameHeaderLength
      const end = start + length
      if (end > bytes.length) break
      at = end
      this.#greeted = true
      this.#sink(
        bytes[start - 6] as number,
        bytes[start - 5] as number,
        bytes.readUInt32BE(start - 4),
        bytes,
        start,
        end,
      )
    }
    return at
  }

  #checkedLength(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at)
    const type = bytes[at + 4] as number
    if (!this.#greeted && type !== frameTypes.HELLO) {
      throw new ProtocolError('NOT_RESUMELB', 'the first bytes are not those of a resumelb peer')
    }
    if (type < 1 || type > lastFrameType) {
      throw new ProtocolError('UNKNOWN_FRAME', `frame of unknown type ${type}`)
    }
    const most = maxPayloadLength(type)
    if (length > most) {
      throw new ProtocolError('FRAME_TOO_LONG', `payload of ${length} bytes, at most ${most}`)
    }
    return length
  }
}
