/** Estimates what the other balancers have in progress at one worker, from its reports. */
import type { OthersLoad } from '@resumelb/protocol'
import { othersTau } from './cost-settings.ts'
import { fade } from './estimate.ts'

/**
 * A report is trusted for this multiple of the work it described. After that, other work has come,
 * about as much as there is on average.
 */
const trustedMultiple = 3

/**
 * A worker reports the other balancers' work with each response, which may be every few requests.
 * Between reports, the estimate decays from the last one to the mean of all: otherwise a worker
 * that was busy once would be avoided until its next report.
 */
export class PeerLoad {
  #seconds = 0
  #requests = 0
  #meanSeconds = 0
  #meanRequests = 0
  #at: number

  constructor(now: number) {
    this.#at = now
  }

  /** Takes in a report. */
  set(others: OthersLoad, now: number): void {
    const share = 1 - fade(now - this.#at, othersTau)
    this.#meanSeconds += (others.seconds - this.#meanSeconds) * share
    this.#meanRequests += (others.requests - this.#meanRequests) * share
    this.#seconds = others.seconds
    this.#requests = others.requests
    this.#at = now
  }

  /** Seconds of work, as it may be now at a worker of so many slots. */
  seconds(now: number, concurrency: number): number {
    return this.#guess(this.#seconds, this.#meanSeconds, now, concurrency)
  }

  /** Requests in progress, as it may be now at a worker of so many slots. */
  requests(now: number, concurrency: number): number {
    return this.#guess(this.#requests, this.#meanRequests, now, concurrency)
  }

  #guess(last: number, mean: number, now: number, concurrency: number): number {
    if (last === 0 && mean === 0) return 0
    const age = now - this.#at
    const usual = mean * fade(age, othersTau)
    const tau =
      (trustedMultiple * (Math.max(this.#seconds, this.#meanSeconds) + this.#size)) / concurrency
    return usual + (last - usual) * fade(age, Math.max(tau, Number.MIN_VALUE))
  }

  /** Seconds that one request of the others takes, about. */
  get #size(): number {
    if (this.#requests > 0) return this.#seconds / this.#requests
    return this.#meanRequests > 0 ? this.#meanSeconds / this.#meanRequests : 0
  }
}
