/** How much a worker fails lately. */
import { fade } from './estimate.ts'

/** The weight of the last outcome. */
const outcomeShare = 0.2

/**
 * Seconds over which failures are forgiven: a worker without requests could not show it is well.
 */
const forgivingTau = 10

/** A moving average over the outcomes of one worker's requests that also fades with time. */
export class FailureRate {
  #rate = 0
  #at = 0

  /** The part of its requests that the worker fails lately, from 0 to 1. */
  at(now: number): number {
    return this.#rate === 0 ? 0 : this.#rate * fade(now - this.#at, forgivingTau)
  }

  succeed(now: number): void {
    if (this.#rate > 0) this.#set(this.at(now) * (1 - outcomeShare), now)
  }

  fail(now: number): void {
    const rate = this.at(now)
    this.#set(rate + (1 - rate) * outcomeShare, now)
  }

  #set(rate: number, now: number): void {
    this.#rate = rate < 0.001 ? 0 : rate
    this.#at = now
  }
}
