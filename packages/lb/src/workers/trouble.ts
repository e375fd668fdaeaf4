/** When the log hears of a worker that cannot be reached: at once, when the reason changes, and again. Pure. */
import { reminderInterval } from '@resumelb/common'
import type { ConnectionCode } from '@resumelb/protocol'

/** What there is to tell. */
export interface TroubleReport {
  /** Failures in a row, this one included. */
  readonly failures: number
  /** Milliseconds since the first of them. */
  readonly since: number
}

export class Trouble {
  #code: ConnectionCode | undefined
  #failures = 0
  #startedAt = 0
  #toldAt = 0

  /** Another failure. `undefined` if the log has heard of it. `now` is in milliseconds. */
  failed(code: ConnectionCode, now: number): TroubleReport | undefined {
    if (this.#failures === 0) this.#startedAt = now
    this.#failures++
    if (code === this.#code && now - this.#toldAt < reminderInterval) return undefined
    this.#code = code
    this.#toldAt = now
    return { failures: this.#failures, since: now - this.#startedAt }
  }

  /** The worker is there. */
  over(): void {
    this.#code = undefined
    this.#failures = 0
  }
}
