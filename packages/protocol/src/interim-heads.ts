/** Limits the interim responses of a stream, at either end. Pure. */
import { HeadTooLongError } from './errors.ts'
import type { FlatRow } from './flat-row.ts'
import { maxHeadLength } from './frame.ts'
import { type ResponseHead, responseRow } from './message.ts'
import { packedLength } from './packed.ts'

export class InterimHeads {
  /** Bytes that are left for all of them. */
  #left: number = maxHeadLength

  /** Counts a received head; false if it exceeds the limit. */
  receive(length: number): boolean {
    this.#left -= length
    return this.#left >= 0
  }

  /**
   * The row to send for a head, or undefined if it is dropped because there were too many. Throws a
   * {@link HeadTooLongError}.
   */
  rowToSend(head: ResponseHead): FlatRow | undefined {
    const row = responseRow(head, undefined)
    const length = packedLength(row)
    if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
    this.#left -= length
    return this.#left < 0 ? undefined : row
  }
}
