/**
 * Limits log lines about an unreachable worker: at once, when the reason changes, and periodically.
 * Pure.
 */
import { reminderInterval } from '@resumelb/common'
import type { ConnectionCode, ProtocolError } from '@resumelb/protocol'

/** The facts to log. */
export interface TroubleReport {
  /** Consecutive failures, including this one. */
  readonly failures: number
  /** Milliseconds since the first of them. */
  readonly since: number
}

export class Trouble {
  #code: ConnectionCode | undefined
  #failures = 0
  #startedAt = 0
  #toldAt = 0

  /** Records a failure. Returns `undefined` if it need not be logged. `now` is in milliseconds. */
  failed(code: ConnectionCode, now: number): TroubleReport | undefined {
    if (this.#failures === 0) this.#startedAt = now
    this.#failures++
    if (code === this.#code && now - this.#toldAt < reminderInterval) return undefined
    this.#code = code
    this.#toldAt = now
    return { failures: this.#failures, since: now - this.#startedAt }
  }

  /** The worker is connected. */
  over(): void {
    this.#code = undefined
    this.#failures = 0
  }
}

/** Says more plainly what mostly is the operator's mistake. */
export function reasonOf({ code, message }: ProtocolError): string {
  if (code !== 'NOT_RESUMELB') return message
  return `${message}. Is this the address of a resumelb-worker?`
}
