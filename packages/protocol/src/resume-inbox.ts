/** Passes received résumés on in slices, and refuses a peer that sends too many. */
import type { Clock } from '@resumelb/common'
import { ProtocolError } from './errors.ts'
import type { ResumeChanges } from './resume.ts'
import { ResumePieces } from './resume-pieces.ts'

/** Classes that are handed on in one turn of the event loop: some milliseconds of work. */
const sliceSize = 1_000

/** Classes that a worker may tell of at once; ten times as many as its résumé holds by default. */
export const maxToldClasses = 1_000_000

/** Classes that it may tell of again for each second that passes. */
const classesPerSecond = 100_000

export interface ResumeInboxEvents {
  onResume(changes: ResumeChanges, isWhole: boolean): void
  /** All that has come is handed on, after more than one slice. */
  onEmpty(): void
  /** A slice could not be read, or the handler has thrown. */
  onError(error: unknown): void
}

interface Waiting {
  readonly pieces: ResumePieces
  isWhole: boolean
}

export class ResumeInbox {
  readonly #clock: Clock
  readonly #events: ResumeInboxEvents
  /** At most the RESUME frames of one read: while any wait, nothing more is read. */
  readonly #waiting: Waiting[] = []
  #allowance: number = maxToldClasses
  #countedAt: number
  /** Classes that were handed on in this turn of the event loop. */
  #spent = 0
  #isStopped = false

  constructor(clock: Clock, events: ResumeInboxEvents) {
    this.#clock = clock
    this.#events = events
    this.#countedAt = clock.now()
  }

  /** Whether something waits to be handed on, so that nothing more should be read. */
  get isBusy(): boolean {
    return this.#waiting.length > 0
  }

  /** Notes the classes of a HELLO. Throws a {@link ProtocolError} if too many are to follow. */
  announce(classes: number, following: number): void {
    this.#allow(classes)
    if (following > maxToldClasses) throw tooMuch()
  }

  /** Takes the payload of a RESUME, which must not change. */
  receive(bytes: Buffer, start: number, end: number, isWhole: boolean): void {
    const pieces = new ResumePieces(bytes, start, end)
    this.#allow(pieces.left)
    if (!this.isBusy && pieces.left <= sliceSize - this.#spent) {
      this.#spend(pieces.left)
      this.#events.onResume(pieces.take(sliceSize), isWhole)
      return
    }
    this.#waiting.push({ pieces, isWhole })
    if (this.#waiting.length === 1) setImmediate(() => this.#handOn())
  }

  /** Drops what waits. */
  stop(): void {
    this.#isStopped = true
    this.#waiting.length = 0
  }

  #allow(classes: number): void {
    const now = this.#clock.now()
    const earned = ((now - this.#countedAt) / 1000) * classesPerSecond
    this.#countedAt = now
    this.#allowance = Math.min(maxToldClasses, this.#allowance + earned) - classes
    if (this.#allowance < 0) throw tooMuch()
  }

  #spend(classes: number): void {
    if (this.#spent === 0) {
      setImmediate(() => {
        this.#spent = 0
      })
    }
    this.#spent += classes
  }

  #handOn(): void {
    const first = this.#waiting[0]
    if (first === undefined) return
    try {
      this.#events.onResume(first.pieces.take(sliceSize), first.isWhole)
    } catch (error) {
      return this.#events.onError(error)
    }
    if (this.#isStopped) return
    first.isWhole = false
    if (first.pieces.left === 0) this.#waiting.shift()
    if (this.isBusy) setImmediate(() => this.#handOn())
    else this.#events.onEmpty()
  }
}

function tooMuch(): ProtocolError {
  return new ProtocolError('TOO_MUCH', `told of more than ${maxToldClasses} classes at once`)
}
