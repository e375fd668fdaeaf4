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
  /** Seconds since the first of them. */
  readonly seconds: number
  /** The worker has stopped as it had announced, and has not been away for long. */
  readonly isExpected: boolean
}

/** Why there is no connection to a worker, or was none. */
export interface LinkFailure {
  /** A name such as `UNREACHABLE`. */
  readonly code: string
  /** One sentence. */
  readonly reason: string
  /** In milliseconds of the clock. */
  readonly at: number
  /** Failures in a row, this one included. */
  readonly failures: number
}

/** How a worker fails that has announced its end, until it has been started again. */
const endCodes: ReadonlySet<ConnectionCode> = new Set(['CLOSED', 'UNREACHABLE'])

export class Trouble {
  #last: LinkFailure | undefined
  #code: ConnectionCode | undefined
  #failures = 0
  #startedAt = 0
  #reportedAt = 0
  #isAnnounced = false

  /** The last failure, which may be over; `undefined` if there was none. */
  get last(): LinkFailure | undefined {
    return this.#last
  }

  /** Its next failure is that it stops, as it has announced. */
  announced(): void {
    this.#isAnnounced = true
  }

  /** Records a failure. Returns `undefined` if it need not be logged. `now` is in milliseconds. */
  failed(code: ConnectionCode, reason: string, now: number): TroubleReport | undefined {
    if (this.#failures === 0) this.#startedAt = now
    this.#failures++
    this.#last = { code, reason, at: now, failures: this.#failures }
    if (code === this.#code && now - this.#reportedAt < reminderInterval) return undefined
    this.#code = code
    this.#reportedAt = now
    this.#isAnnounced &&= endCodes.has(code)
    const duration = now - this.#startedAt
    const isExpected = this.#isAnnounced && duration < reminderInterval
    return { failures: this.#failures, seconds: inSeconds(duration), isExpected }
  }

  /** The worker is connected. */
  over(): void {
    this.#code = undefined
    this.#failures = 0
    this.#isAnnounced = false
  }
}

/** Milliseconds as seconds, for the log. */
export function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000
}

/**
 * Says more plainly what mostly is the operator's mistake. `opening`: how the connection was being
 * opened, if it has not been open.
 */
export function reasonOf({ code, message }: ProtocolError, opening?: 'plain' | 'tls'): string {
  if (code === 'DISCONNECTED' && opening !== undefined) {
    // With TLS 1.3, clients consider a connection open whose certificate the server has yet to
    // check.
    const question =
      opening === 'tls' ? 'Has it refused our certificate' : 'Does it expect TLS (--worker-tls-ca)'
    return `${message}. ${question}? The log of the worker tells`
  }
  if (code !== 'NOT_RESUMELB') return message
  return `${message}. Is this the address of a resumelb-worker?`
}
