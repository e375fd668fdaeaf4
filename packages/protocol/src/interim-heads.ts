/** Limits the interim responses of a stream, at either end. Pure. */
import { HeadTooLongError } from './errors.ts'
import type { FlatRow } from './flat-row.ts'
import { maxHeadLength } from './frame.ts'
import { type ResponseHead, responseRow } from './message.ts'
import { packedLength } from './packed.ts'
import { violation } from './stream-transition.ts'

export class InterimHeads {
  readonly #id: number
  /** Bytes that are left for all of them. */
  #left: number = maxHeadLength

  constructor(id: number) {
    this.#id = id
  }

  /**
   * Counts a received head; `isAlone` means without body and end. Throws a BAD_STREAM if it exceeds
   * the limit or is not alone.
   */
  receive(length: number, isAlone: boolean): void {
    this.#left -= length
    if (this.#left >= 0 && isAlone) return
    throw violation(this.#id, 'has more of an interim response than is allowed')
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
