/** The heads that may precede a response, as one end of a stream sees them. Pure. */
import { HeadTooLongError } from './errors.ts'
import type { FlatRow } from './flat-row.ts'
import { maxHeadLength } from './frame.ts'
import { type ResponseHead, responseRow } from './message.ts'
import { packedLength } from './packed.ts'

export class InterimHeads {
  /** Bytes that all of them may still have. */
  #left: number = maxHeadLength

  /** Notes a head of so many bytes that came; false if that is more than is allowed. */
  receive(length: number): boolean {
    this.#left -= length
    return this.#left >= 0
  }

  /**
   * The row to send for a head, or undefined if it is to be dropped, because there were too many.
   * Throws a {@link HeadTooLongError}.
   */
  rowToSend(head: ResponseHead): FlatRow | undefined {
    const row = responseRow(head, undefined)
    const length = packedLength(row)
    if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
    this.#left -= length
    return this.#left < 0 ? undefined : row
  }
}
