/** Decides when a connection is dead although the client library has not noticed. */

/**
 * - `silent`: connected, and nothing was received for two thirds of the session timeout, although the
 *   client pings after one third. The connection is to be broken.
 * - `stuck`: not connected for a whole session timeout. The client is to be replaced by a fresh one
 *   with the same session: a server that lost its data always refuses the old one, and a reply
 *   cut in the middle can leave it unable to connect.
 */
export type Verdict = 'fine' | 'silent' | 'stuck'

/** Milliseconds between looks. */
const shortestInterval = 50
const longestInterval = 1000

/** Watches over one client. Times are milliseconds from any start. */
export class Watchdog {
  #sessionTimeout: number
  #lastLook: number
  #lastHeard: number
  /** `undefined` while connected. */
  #downSince: number | undefined

  constructor(sessionTimeout: number, now: number) {
    this.#sessionTimeout = sessionTimeout
    this.#lastLook = now
    this.#lastHeard = now
    this.#downSince = now
  }

  /** Milliseconds until the next look is due. */
  get interval(): number {
    return Math.min(longestInterval, Math.max(shortestInterval, this.#sessionTimeout / 6))
  }

  /** Milliseconds since the last bytes of the server. */
  silence(now: number): number {
    return now - this.#lastHeard
  }

  heard(now: number): void {
    this.#lastHeard = now
  }

  connected(now: number, sessionTimeout: number): void {
    this.#sessionTimeout = sessionTimeout
    this.#lastHeard = now
    this.#downSince = undefined
  }

  disconnected(now: number): void {
    this.#downSince ??= now
  }

  look(now: number): Verdict {
    // Our own event loop was held up: what the server has sent meanwhile is still to be read.
    const isLate = now - this.#lastLook > 2 * this.interval
    this.#lastLook = now
    if (isLate) return 'fine'
    if (this.#downSince !== undefined) {
      return now - this.#downSince > this.#sessionTimeout ? 'stuck' : 'fine'
    }
    return this.silence(now) > (this.#sessionTimeout * 2) / 3 ? 'silent' : 'fine'
  }
}
