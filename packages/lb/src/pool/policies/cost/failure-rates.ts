/** How much workers fail lately. */
import { Column } from '../../structures/rows.ts'
import { fade } from './estimate.ts'

/** The weight of the last outcome. */
const outcomeShare = 0.2

/**
 * Seconds over which failures are forgiven: a worker without requests could not show it is well.
 */
const forgivingTau = 10

/** A moving average over the outcomes of each member's requests that also fades with time. */
export class FailureRates {
  readonly #rates = new Column()
  /** When these were computed. */
  readonly #times = new Column()

  /** Makes the member, who may be new, one that has not failed. */
  reset(member: number): void {
    this.#rates.reserve(member)
    this.#times.reserve(member)
    this.#rates.set(member, 0)
  }

  /** The part of its requests that the member fails lately, from 0 to 1. */
  at(member: number, now: number): number {
    const rate = this.#rates.get(member)
    return rate === 0 ? 0 : rate * fade(now - this.#times.get(member), forgivingTau)
  }

  succeed(member: number, now: number): void {
    const rate = this.at(member, now)
    if (rate > 0) this.#set(member, rate * (1 - outcomeShare), now)
  }

  fail(member: number, now: number): void {
    const rate = this.at(member, now)
    this.#set(member, rate + (1 - rate) * outcomeShare, now)
  }

  #set(member: number, rate: number, now: number): void {
    this.#rates.set(member, rate < 0.001 ? 0 : rate)
    this.#times.set(member, now)
  }
}
