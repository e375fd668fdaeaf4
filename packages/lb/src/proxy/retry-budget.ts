/**
 * Limits retries to a small share of the traffic, so that they cannot multiply an overload. Pure.
 *
 * Counts requests and retries over the last ten seconds, in two alternating halves.
 */

/** Seconds of each half. */
const halfLength = 5

export interface RetryBudgetOptions {
  /** Maximum ratio of retries to recent requests. From 0 to 1. */
  readonly retryRatio: number
  /** Retries that are always allowed, however little traffic there is. */
  readonly minRetries: number
}

export class RetryBudget {
  readonly #options: RetryBudgetOptions
  #startedAt = Number.NEGATIVE_INFINITY
  #requests = 0
  #retries = 0
  #requestsBefore = 0
  #retriesBefore = 0

  constructor(options: RetryBudgetOptions) {
    this.#options = options
  }

  /** Counts a request. `now` is in seconds. */
  countRequest(now: number): void {
    if (now - this.#startedAt >= halfLength) this.#turn(now)
    this.#requests++
  }

  /**
   * Takes one retry from the budget; false if none is left. `inProgress` is the number of requests
   * in progress: those that have lasted longer than the counted time count as well.
   */
  take(now: number, inProgress: number): boolean {
    if (now - this.#startedAt >= halfLength) this.#turn(now)
    const requests = Math.max(this.#requests + this.#requestsBefore, inProgress)
    const allowed = Math.max(this.#options.minRetries, requests * this.#options.retryRatio)
    if (this.#retries + this.#retriesBefore >= allowed) return false
    this.#retries++
    return true
  }

  #turn(now: number): void {
    const isStale = now - this.#startedAt >= 2 * halfLength
    this.#requestsBefore = isStale ? 0 : this.#requests
    this.#retriesBefore = isStale ? 0 : this.#retries
    this.#requests = 0
    this.#retries = 0
    this.#startedAt = now
  }
}
