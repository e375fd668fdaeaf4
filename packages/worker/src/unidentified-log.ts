/** Logs clients that have not identified themselves as load balancers, without filling the log. */
import type { Clock, Logger } from '@resumelb/common'
import type { ConnectionCode } from '@resumelb/protocol'

/** Minimum milliseconds between two log lines. */
const interval = 10_000

/** The facts that the log has about such a client. */
export interface UnidentifiedClient {
  readonly from: string
  readonly code: ConnectionCode
  readonly reason: string
}

export class UnidentifiedLog {
  readonly #log: Logger
  readonly #clock: Clock
  /** The last client that was not logged, and the number of them. */
  #unlogged: (UnidentifiedClient & { readonly count: number }) | undefined
  /** Set for a while after a line. */
  #cancelPause: (() => void) | undefined

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** Logs the first client at once, and those that follow together. */
  note(client: UnidentifiedClient): void {
    if (this.#cancelPause === undefined) this.#warn({ ...client, count: 1 })
    else this.#unlogged = { ...client, count: (this.#unlogged?.count ?? 0) + 1 }
  }

  close(): void {
    this.#cancelPause?.()
  }

  #warn(facts: UnidentifiedClient & { readonly count: number }): void {
    this.#log.warn({ ...facts }, 'connection of an unidentified client ended')
    this.#unlogged = undefined
    this.#cancelPause = this.#clock.after(interval, () => {
      this.#cancelPause = undefined
      if (this.#unlogged !== undefined) this.#warn(this.#unlogged)
    })
  }
}
