/**
 * Retries an action until it succeeds: one run at a time, again whenever something may have
 * changed.
 */
import type { Clock } from '@resumelb/common'
import { hasCode } from './errors.ts'

export interface PursuitOptions {
  /** Whether a run has a chance now. If not, a failed one waits to be woken. */
  readonly mayRun: () => boolean
  /** Maximum pause between two attempts, in milliseconds. */
  readonly longestPause: () => number
  /** Called with the reason of a failure, but not repeatedly with the same one. */
  readonly warn: (error: Error) => void
  readonly clock: Clock
}

/** Milliseconds before the second attempt; doubled with each further one. */
const firstPause = 50

/** Milliseconds after which an unchanged reason is reported again. */
const repeatAfter = 30_000

export class Reconciler {
  readonly #aim: () => Promise<void>
  readonly #options: PursuitOptions
  #isRunning = false
  #runAgain = false
  #isStopped = false
  #failures = 0
  #told = { message: '', at: Number.NEGATIVE_INFINITY }
  #cancelPause = (): void => undefined

  /** `aim` brings about or verifies what is wanted, and fails if that could not be done. */
  constructor(aim: () => Promise<void>, options: PursuitOptions) {
    this.#aim = aim
    this.#options = options
  }

  /** Runs now, or once more after the present run. Ends a pause. */
  readonly wake = (): void => {
    if (this.#isStopped) return
    this.#cancelPause()
    if (this.#isRunning) this.#runAgain = true
    else if (this.#options.mayRun()) void this.#run()
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelPause()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    this.#runAgain = false
    try {
      await this.#aim()
      this.#failures = 0
    } catch (error) {
      this.#failed(error as Error)
    }
    this.#isRunning = false
    if (this.#runAgain) this.wake()
  }

  #failed(error: Error): void {
    const { mayRun, longestPause, clock } = this.#options
    if (this.#isStopped || !mayRun()) return
    if (!hasCode(error, 'CONNECTION_LOSS', 'SESSION_EXPIRED', 'CLOSED')) this.#tell(error)
    const pause = Math.min(firstPause * 2 ** this.#failures, longestPause())
    this.#failures++
    // What woke us during the run may be what made it fail: no reason to hurry.
    this.#runAgain = false
    this.#cancelPause = clock.after(pause, this.wake)
  }

  #tell(error: Error): void {
    const now = this.#options.clock.now()
    const isNews = error.message !== this.#told.message || now - this.#told.at >= repeatAfter
    if (!isNews) return
    this.#told = { message: error.message, at: now }
    this.#options.warn(error)
  }
}
