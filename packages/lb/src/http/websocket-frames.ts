/** Where the frames of a WebSocket begin and end (RFC 6455 §5.2). Pure. */
import { Buffer } from 'node:buffer'

/** Bytes of the longest header: two, eight of a length, four of a mask. */
const maxHeaderLength = 14

/**
 * Follows the frames of one direction by their lengths, so that a frame of another's can be put
 * between two of them. Their contents are not looked at.
 */
export class WebSocketFrames {
  readonly #header: Buffer = Buffer.alloc(maxHeaderLength)
  /** Bytes of a header that have come. */
  #headerLength = 0
  /** Bytes of the present frame that have not come. */
  #left = 0

  /** Whether what has come so far ends with a whole frame. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#headerLength === 0
  }

  /** Takes in the next bytes of the direction. */
  follow(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) at = this.#step(bytes, at)
  }

  /** Takes in the bytes up to the end of the present frame; returns how many those are. */
  followToEnd(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && !this.isBetweenFrames) at = this.#step(bytes, at)
    return at
  }

  /** Takes in a part of a frame, or a byte of its header. */
  #step(bytes: Buffer, at: number): number {
    if (this.#left > 0) {
      const length = Math.min(this.#left, bytes.length - at)
      this.#left -= length
      return at + length
    }
    this.#header[this.#headerLength++] = bytes[at] as number
    if (this.#headerLength >= 2 && this.#headerLength === this.#wantedLength) this.#beginPayload()
    return at + 1
  }

  get #wantedLength(): number {
    const second = this.#header[1] as number
    const short = second & 0x7f
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
    return 2 + lengthBytes + (second >= 0x80 ? 4 : 0)
  }

  #beginPayload(): void {
    const header = this.#header
    const short = (header[1] as number) & 0x7f
    this.#headerLength = 0
    if (short < 126) this.#left = short
    else if (short === 126) this.#left = header.readUInt16BE(2)
    else this.#left = header.readUInt32BE(2) * 2 ** 32 + header.readUInt32BE(6)
  }
}

/** A close frame of a server, which says that it is going away (RFC 6455 §7.4.1). */
export const goingAwayFrame: Buffer = Buffer.from([0x88, 2, 1001 >> 8, 1001 & 0xff])
