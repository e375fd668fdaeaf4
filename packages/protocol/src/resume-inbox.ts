/** Passes on received résumés in slices, and refuses a peer that sends too many. */
import type { Clock } from '@resumelb/common'
import { ProtocolError } from './errors.ts'
import type { Hello } from './hello.ts'
import type { ResumeChanges } from './resume.ts'
import { ResumePieces } from './resume-pieces.ts'
import { ReadResumeSlices, type ResumeSlices } from './resume-slices.ts'

/** Classes that are passed on per event-loop iteration: some milliseconds of work. */
const sliceSize = 1_000

/** Classes that a worker may report at once; ten times the default limit of its résumé. */
export const maxReportedClasses = 1_000_000

/** Further classes that it may report for each second that passes. */
const classesPerSecond = 100_000

export interface ResumeInboxEvents {
  onResume(changes: ResumeChanges, isWhole: boolean): void
  /** Everything has been passed on, after more than one slice. */
  onEmpty(): void
  /** A slice was invalid, or the handler threw an error. */
  onError(error: unknown): void
}

interface Waiting {
  readonly slices: ResumeSlices
  isWhole: boolean
}

export class ResumeInbox {
  readonly #clock: Clock
  readonly #events: ResumeInboxEvents
  /**
   * At most the HELLO and RESUME frames of one read: while any is pending, nothing more is read.
   */
  readonly #waiting: Waiting[] = []
  #allowance: number = maxReportedClasses
  #countedAt: number
  /** Classes that were passed on in this event-loop iteration. */
  #spent = 0
  #isStopped = false

  constructor(clock: Clock, events: ResumeInboxEvents) {
    this.#clock = clock
    this.#events = events
    this.#countedAt = clock.now()
  }

  /** Whether something is pending, so that nothing more should be read. */
  get isBusy(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * Counts the classes of a HELLO, and keeps back what exceeds one slice. Returns the HELLO to pass
   * on, whose `moreSkills` are all that follow. Throws a {@link ProtocolError} if these are too
   * many.
   */
  begin(hello: Hello): Hello {
    const { worker, moreSkills = 0 } = hello
    if (moreSkills > maxReportedClasses) throw tooMuch()
    if (worker === undefined) return hello
    const { size } = worker.resume
    this.#allow(size)
    this.#spend(Math.min(size, sliceSize))
    if (size <= sliceSize) return hello
    const slices = new ReadResumeSlices(worker.resume)
    const resume = slices.take(sliceSize)
    const following = moreSkills + slices.left
    this.#enqueue({ slices, isWhole: false })
    return { ...hello, worker: { ...worker, resume }, moreSkills: following }
  }

  /** Adds the payload of a RESUME, which must not change. */
  receive(bytes: Buffer, start: number, end: number, isWhole: boolean): void {
    const slices = new ResumePieces(bytes, start, end)
    this.#allow(slices.left)
    if (this.isBusy || slices.left > sliceSize - this.#spent) {
      return this.#enqueue({ slices, isWhole })
    }
    this.#spend(slices.left)
    this.#events.onResume(slices.take(sliceSize), isWhole)
  }

  /** Drops what is pending. */
  stop(): void {
    this.#isStopped = true
    this.#waiting.length = 0
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#waiting.length === 1) setImmediate(() => this.#passOn())
  }

  #allow(classes: number): void {
    const now = this.#clock.now()
    const earned = ((now - this.#countedAt) / 1000) * classesPerSecond
    this.#countedAt = now
    this.#allowance = Math.min(maxReportedClasses, this.#allowance + earned) - classes
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

  #passOn(): void {
    const first = this.#waiting[0]
    if (first === undefined) return
    try {
      this.#events.onResume(first.slices.take(sliceSize), first.isWhole)
    } catch (error) {
      return this.#events.onError(error)
    }
    if (this.#isStopped) return
    first.isWhole = false
    if (first.slices.left === 0) this.#waiting.shift()
    if (this.isBusy) setImmediate(() => this.#passOn())
    else this.#events.onEmpty()
  }
}

function tooMuch(): ProtocolError {
  return new ProtocolError(
    'LIMIT_EXCEEDED',
    `reported more than ${maxReportedClasses} classes at once`,
  )
}
