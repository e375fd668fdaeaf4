/**
 * Reads a packed résumé piece by piece: decoding a long one at once would block the event loop.
 * Pure.
 */
import { Buffer } from 'node:buffer'
import { readUint16, readUint32, writeUint32 } from './bytes.ts'
import { endOfPacked } from './check-packed.ts'
import { bad } from './fields.ts'
import { unpack } from './packed.ts'
import type { ResumeChanges } from './resume.ts'
import { readResumeChanges } from './resume-rows.ts'
import type { ResumeSlices } from './resume-slices.ts'

/** Bytes of the header that every piece gets: that of a map of any size. */
const mapHeaderLength = 5

export class ResumePieces implements ResumeSlices {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  #left: number

  /** Throws a BAD_MESSAGE if `bytes[start, end)` does not begin as a map. */
  constructor(bytes: Buffer, start: number, end: number) {
    const { size, contentAt } = mapAt(bytes, start, end)
    this.#bytes = bytes
    this.#at = contentAt
    this.#end = end
    this.#left = size
    if (size === 0 && contentAt !== end) throw bad('bytes behind a resume')
  }

  /** Classes that have not been taken. */
  get left(): number {
    return this.#left
  }

  /**
   * Decodes this number of classes, or all that are left. Throws a BAD_MESSAGE if they are invalid.
   */
  take(most: number): ResumeChanges {
    const count = Math.min(most, this.#left)
    const to = endOfPacked(this.#bytes, this.#at, this.#end, 2 * count)
    if (to === -1) throw bad('a resume is not plain MessagePack')
    this.#left -= count
    if (this.#left === 0 && to !== this.#end) throw bad('bytes behind a resume')
    const piece = Buffer.allocUnsafe(mapHeaderLength + to - this.#at)
    piece[0] = 0xdf
    writeUint32(count, piece, 1)
    this.#bytes.copy(piece, mapHeaderLength, this.#at, to)
    this.#at = to
    return readResumeChanges(unpack(piece, 0, piece.length))
  }
}

/** The size of the packed map at a position, and where its content begins. */
export function mapAt(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly size: number; readonly contentAt: number } {
  const first = start < end ? (bytes[start] as number) : 0
  if ((first & 0xf0) === 0x80) return { size: first & 0x0f, contentAt: start + 1 }
  if (first === 0xde && start + 3 <= end) {
    return { size: readUint16(bytes, start + 1), contentAt: start + 3 }
  }
  if (first === 0xdf && start + 5 <= end) {
    return { size: readUint32(bytes, start + 1), contentAt: start + 5 }
  }
  throw bad('resume is not a map')
}
