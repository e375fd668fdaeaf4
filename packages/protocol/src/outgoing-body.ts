/** The body that one end of a stream sends: its window, what is queued, and its end. */
import type { Buffer } from 'node:buffer'
import { ByteQueue } from './byte-queue.ts'
import { ProtocolError } from './errors.ts'
import { frameFlags, frameTypes, maxDataLength } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { isPlainEnd, type StreamEnd } from './message.ts'
import { SendWindow } from './window.ts'

/** What a body needs of its stream's connection. */
export interface BodyOwner {
  readonly scheduler: FrameScheduler
  /** The number of body bytes that wait for credit or for their turn has changed by this much. */
  onQueued(bytes: number): void
}

/**
 * All queued bytes were sent. `end` is how to end the direction, if {@link OutgoingBody.end} was
 * set; `isEndSent` means that the last DATA frame had the flag END.
 */
export type SentListener = (end: StreamEnd | undefined, isEndSent: boolean) => void

export class OutgoingBody implements TurnTaker {
  /** How to end this direction when all queued bytes have been sent. */
  end: StreamEnd | undefined
  readonly #id: number
  readonly #owner: BodyOwner
  readonly #window: SendWindow
  readonly #onSent: SentListener
  readonly #queue: ByteQueue = new ByteQueue()

  constructor(id: number, owner: BodyOwner, window: number, onSent: SentListener) {
    this.#id = id
    this.#owner = owner
    this.#window = new SendWindow(window)
    this.#onSent = onSent
  }

  /** Bytes that wait for credit or for their turn. */
  get queuedBytes(): number {
    return this.#queue.length
  }

  /** Counts bytes that were sent in the frame of a head. */
  spend(bytes: number): void {
    this.#window.spend(bytes)
  }

  /** Adds received credit. Throws a WINDOW_EXCEEDED if it is more than was spent. */
  widen(bytes: number): void {
    if (!this.#window.widen(bytes)) {
      throw new ProtocolError(
        'WINDOW_EXCEEDED',
        `stream ${this.#id} got ${bytes} bytes of credit, more than it has spent`,
      )
    }
    this.#enqueue()
  }

  /** Sends bytes at once, and returns true; or queues them, and returns false. */
  write(chunk: Buffer): boolean {
    const { length } = chunk
    if (this.#canSendNow(length)) {
      const { scheduler } = this.#owner
      this.#window.spend(length)
      scheduler.writer.addRaw(frameTypes.DATA, 0, this.#id, chunk)
      scheduler.schedule()
      return true
    }
    this.#queue.push(chunk)
    this.#owner.onQueued(length)
    this.#enqueue()
    return false
  }

  /** Part of {@link TurnTaker}: sends one full DATA frame. */
  takeTurn(): void {
    const queue = this.#queue
    const length = Math.min(queue.length, maxDataLength, this.#window.credit)
    if (length === 0) return
    this.#window.spend(length)
    const { end } = this
    const isLast = length === queue.length && end !== undefined && isPlainEnd(end)
    const { writer } = this.#owner.scheduler
    writer.beginRaw(frameTypes.DATA, isLast ? frameFlags.END : 0, this.#id, length)
    queue.take(length, writer.addPiece)
    this.#owner.onQueued(-length)
    if (queue.length > 0) this.#enqueue()
    else this.#onSent(end, isLast)
  }

  /** Drops the queued bytes. */
  drop(): void {
    const { length } = this.#queue
    if (length > 0) this.#owner.onQueued(-length)
    this.#queue.clear()
    this.end = undefined
    this.#owner.scheduler.leave(this)
  }

  /** Whether nothing is queued ahead of these bytes. */
  #canSendNow(length: number): boolean {
    return (
      this.#queue.length === 0 &&
      length <= maxDataLength &&
      length <= this.#window.credit &&
      this.#owner.scheduler.isFree
    )
  }

  /** Queues for a turn, unless there is no credit: the next CREDIT enqueues the body again. */
  #enqueue(): void {
    if (this.#queue.length > 0 && this.#window.credit > 0) this.#owner.scheduler.enqueue(this)
  }
}
