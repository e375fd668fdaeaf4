/** Warms up classes, a few at once, until all are warm, or the time is over. */
import type { Clock, Logger } from '@resumelb/common'
import type { WarmUpProgress } from '@resumelb/protocol'
import { runStep, type StepContext, type WarmUpStep } from './warm-up-step.ts'

export interface WarmUpLimits {
  /** Steps at once. */
  readonly concurrency: number
  /** Milliseconds for all steps. */
  readonly timeout: number
}

/** The part of the time for all steps that one of them may take. */
export const stepShare: number = 1 / 4

/** Milliseconds between two reports of progress in the log. */
const reportInterval = 10_000

export class WarmUp {
  readonly #steps: readonly WarmUpStep[]
  readonly #limits: WarmUpLimits
  readonly #log: Logger
  readonly #clock: Clock
  readonly #abort: AbortController = new AbortController()
  readonly #startedAt: number
  #next = 0
  #done = 0
  #failed = 0

  constructor(
    steps: readonly WarmUpStep[],
    limits: WarmUpLimits,
    { log, clock }: { readonly log: Logger; readonly clock: Clock },
  ) {
    this.#steps = steps
    this.#limits = limits
    this.#log = log
    this.#clock = clock
    this.#startedAt = clock.now()
  }

  get progress(): WarmUpProgress {
    return { done: this.#done, total: this.#steps.length }
  }

  /**
   * Resolves when all steps have ended, the time is over, or {@link stop} is called; never rejects.
   * Failures are logged and counted: a class that fails now will be cold, no more.
   */
  async run(): Promise<void> {
    const { concurrency, timeout } = this.#limits
    const { signal } = this.#abort
    if (signal.aborted) return
    this.#log.info({ classes: this.#steps.length }, 'warming up')
    const cancelReports = this.#reportRegularly()
    const cancelTimeout = this.#clock.after(timeout, () => this.#abort.abort(timedOut))
    const lanes = Math.min(concurrency, this.#steps.length)
    const loaded = Promise.all(Array.from({ length: lanes }, () => this.#runLane()))
    const all = loaded.then(() => this.#touchAll())
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    await Promise.race([all, aborted])
    cancelTimeout()
    cancelReports()
    if (signal.reason === timedOut) this.#log.warn(this.#facts, 'warm-up not finished in time')
    else this.#log.info(this.#facts, signal.aborted ? 'warm-up stopped' : 'warmed up')
  }

  /** Ends it at once. */
  stop(): void {
    this.#abort.abort()
  }

  get #facts(): { done: number; total: number; failed: number; seconds: number } {
    const seconds = Math.round(this.#clock.now() - this.#startedAt) / 1000
    return { ...this.progress, failed: this.#failed, seconds }
  }

  #reportRegularly(): () => void {
    let cancel: () => void
    const wait = () => {
      cancel = this.#clock.after(reportInterval, () => {
        this.#log.info(this.#facts, 'still warming up')
        wait()
      })
    }
    wait()
    return () => cancel()
  }

  async #runLane(): Promise<void> {
    for (;;) {
      const step = this.#steps[this.#next++]
      if (step === undefined || this.#abort.signal.aborted) return
      if (!(await runStep(step, this.#stepContext))) this.#failed++
      this.#done++
    }
  }

  /**
   * Uses each class once more, the first one last. In a cache that is too small for all of them and
   * drops what was not used for longest, the first ones are gone by now, and the last ones stay.
   */
  async #touchAll(): Promise<void> {
    for (const { requestClass, touch } of [...this.#steps].reverse()) {
      if (this.#abort.signal.aborted) return
      if (touch) await runStep({ requestClass, warm: touch }, this.#stepContext)
    }
  }

  get #stepContext(): StepContext {
    const timeout = this.#limits.timeout * stepShare
    return { log: this.#log, clock: this.#clock, timeout, signal: this.#abort.signal }
  }
}

const timedOut = 'the time is over'
