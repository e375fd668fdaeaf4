/** Whether the upstream server accepts connections; while it does not, connecting is retried. */
import type { Clock, Logger } from '@resumelb/common'
import { reasonOf } from './origin.ts'

/** Milliseconds before the first retry after a failure; doubles with each further one ... */
const firstDelay = 250

/** ... but no longer than this. */
const maxDelay = 2_000

export interface ReadinessOptions {
  /** The origin of the server, for the log. */
  readonly upstream: string
  readonly log: Logger
  readonly clock: Clock
  /** Connects, and closes the connection. Rejects with the reason if that fails. */
  readonly probe: () => Promise<void>
}

/** Called with the reason if the server is not ready, if that is known. */
export type ReadinessListener = (isReady: boolean, reason: string) => void

export class Readiness {
  readonly #options: ReadinessOptions
  #isReady: boolean | undefined
  #listener: ReadinessListener | undefined
  #delay = firstDelay
  #cancelProbe: (() => void) | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Reports every change, and makes the first attempt at once. */
  start(listener: ReadinessListener): void {
    this.#listener = listener
    if (this.#isReady !== undefined) listener(this.#isReady, '')
    else this.#probe()
  }

  /** Stops. */
  stop(): void {
    this.#listener = undefined
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  /** A connection was opened. */
  succeeded(): void {
    const before = this.#isReady
    if (before === true) return
    this.#isReady = true
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
    this.#delay = firstDelay
    const { upstream, log } = this.#options
    if (before === false) log.info({ upstream }, 'upstream is reachable: ready')
    this.#listener?.(true, '')
  }

  /** A connection could not be opened. */
  failed(error: unknown): void {
    const isNews = this.#isReady !== false
    this.#isReady = false
    if (isNews) {
      const { upstream, log } = this.#options
      const reason = reasonOf(error)
      log.warn({ upstream, reason }, 'upstream is unreachable: not ready')
      this.#listener?.(false, reason)
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
