/** What the other balancers have in progress at one worker, guessed from what it said of it. */
import type { OthersLoad } from '@resumelb/protocol'
import { othersTau } from './cost-settings.ts'
import { fade } from './estimate.ts'

/**
 * For how many times as long as the work would take that the worker spoke of, its word counts. After
 * that work is done, other work has come, about as much as there is on average.
 */
const wordLasts = 3

/**
 * A worker tells a balancer of the others' work when it answers it, which may be every few requests.
 * Meanwhile the truth drifts from the last word to the mean of all words, and so does the guess:
 * taken at its word, a worker that was busy once would be avoided until it speaks again.
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

  /** Takes in what the worker says. */
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
      (wordLasts * (Math.max(this.#seconds, this.#meanSeconds) + this.#size)) / concurrency
    return usual + (last - usual) * fade(age, Math.max(tau, Number.MIN_VALUE))
  }

  /** Seconds that one request of the others takes, about. */
  get #size(): number {
    if (this.#requests > 0) return this.#seconds / this.#requests
    return this.#meanRequests > 0 ? this.#meanSeconds / this.#meanRequests : 0
  }
}
