/** Whether the server behind can be connected to; while it cannot, it is tried again and again. */
import type { Clock, Logger } from '@resumelb/common'
import { reasonOf } from './origin.ts'

/** Milliseconds before the first try after a failure; each further one waits twice as long ... */
const firstDelay = 250

/** ... but no longer than this. */
const maxDelay = 2_000

export interface ReadinessOptions {
  /** Where the server is, for the log. */
  readonly upstream: string
  readonly log: Logger
  readonly clock: Clock
  /** Connects, and closes the connection. Rejects with the reason if that fails. */
  readonly probe: () => Promise<void>
}

export class Readiness {
  readonly #options: ReadinessOptions
  #isReady: boolean | undefined
  #listener: ((isReady: boolean) => void) | undefined
  #delay = firstDelay
  #cancelProbe: (() => void) | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Tells whenever that changes, and tries at once for the first time. */
  start(listener: (isReady: boolean) => void): void {
    this.#listener = listener
    if (this.#isReady !== undefined) listener(this.#isReady)
    else this.#probe()
  }

  /** Tells and tries no more. */
  stop(): void {
    this.#listener = undefined
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  /** A connection was made. */
  succeeded(): void {
    const before = this.#isReady
    if (before === true) return
    this.#isReady = true
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
    this.#delay = firstDelay
    const { upstream, log } = this.#options
    if (before === false) log.info({ upstream }, 'upstream is reachable: ready')
    this.#listener?.(true)
  }

  /** None could be made. */
  failed(error: unknown): void {
    const isNews = this.#isReady !== false
    this.#isReady = false
    if (isNews) {
      const { upstream, log } = this.#options
      log.warn({ upstream, reason: reasonOf(error) }, 'upstream is unreachable: not ready')
      this.#listener?.(false)
    }
    if (this.#listener !== undefined && this.#cancelProbe === undefined) this.#probeLater()
  }

  #probeLater(): void {
    this.#cancelProbe = this.#options.clock.after(this.#delay, () => this.#probe())
    this.#delay = Math.min(this.#delay * 2, maxDelay)
  }

  #probe(): void {
    this.#options.probe().then(
      () => this.succeeded(),
      (error) => {
        this.#cancelProbe = undefined
        if (this.#listener !== undefined) this.failed(error)
      },
    )
  }
}
