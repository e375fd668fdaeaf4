/**
 * Limits the requests that a client cancels: each costs us and a worker more than the client, which
 * may open the next one at once (rapid reset, CVE-2023-44487). Pure.
 */

/** Cancelled requests that are always allowed: as many as a browser that leaves a page has open. */
const burst = 200

/** Cancelled requests per second that are allowed beyond that. */
const perSecond = 20

export class ResetBudget {
  #left = burst
  #filledAt: number

  /** Times are in milliseconds. */
  constructor(now: number) {
    this.#filledAt = now
  }

  /** Takes one cancelled request out of the budget; false if there is none left. */
  take(now: number): boolean {
    this.#left = Math.min(burst, this.#left + ((now - this.#filledAt) / 1000) * perSecond)
    this.#filledAt = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
