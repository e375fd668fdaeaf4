/** Finds the worker at which a request of one class costs least. */

import type { Candidate } from '../../explanation.ts'
import type { Reason } from '../../pool.ts'
import type { ClassCosts } from './class-stats.ts'
import { riskOf } from './estimate.ts'
import type { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import { none } from './skill-table.ts'

/** A member that was considered, by its number. */
export interface Considered extends Omit<Candidate<never>, 'worker' | 'backlog'> {
  readonly member: number
}

/**
 * One look at some members for one request. Used again for the next: a pick must be quick. Members
 * go by their numbers.
 */
export class Search {
  /** Of the class that the request is of. Set before the first look. */
  readonly costs: ClassCosts = { warm: 0, cold: 0, pollution: 1, isFlat: false, homes: 1 }
  /** The best member, or `none`. */
  best: number = none
  bestRecord: number = none
  /** What the request is estimated to take at the best worker with its usual crowd, in seconds. */
  bestSeconds = 0
  /** What the present crowd there is estimated to add, in seconds. */
  bestDelay = 0
  /** Why the best worker may have the request. */
  bestReason: Reason = 'cold'
  /** What the request is expected to take there, with the wait and the risk, in seconds. */
  bestTime = 0
  /** The least of that at any worker that was looked at. */
  leastTime = 0
  /** Where to write down what is considered; only to explain a choice. */
  considered: Considered[] | undefined
  readonly #table: MemberTable
  #bestCost = 0
  #price = 0
  #predictability = 0
  #contention = 0
  #now = 0
  #mark = 0

  constructor(table: MemberTable) {
    this.#table = table
  }

  begin(now: number, price: number, forecast: Forecast): void {
    this.#predictability = forecast.predictability
    this.#contention = forecast.contention
    this.best = none
    this.#bestCost = Number.POSITIVE_INFINITY
    this.leastTime = Number.POSITIVE_INFINITY
    this.#now = now
    this.#price = price
    this.#mark++
  }

  /** Marks the member as visited; returns whether this request visits it for the first time. */
  visit(member: number): boolean {
    return this.#table.visit(member, this.#mark)
  }

  /**
   * Compares the worker with the best so far: the least expected wait + service time + price ×
   * wasted work + risk. `seconds` is the service time, `waste` how much of it a warm worker would
   * save. `record` is the worker's record of the class, or `none`.
   */
  consider(member: number, record: number, seconds: number, waste: number, reason: Reason): void {
    if (this.considered === undefined && this.#isHopeless(record, seconds)) return
    const table = this.#table
    const now = this.#now
    const risk = riskOf(table.failures.at(member, now), this.costs.cold)
    const delay = this.#crowdDelay(member, record, seconds)
    const wait = table.wait(member, now, this.#predictability)
    const time = wait + seconds + delay + risk
    if (time < this.leastTime) this.leastTime = time
    let cost = time
    if (waste > 0 && (cost < this.#bestCost || this.considered !== undefined)) {
      cost += this.#price * table.priceOfWaste(member, now) * waste * this.costs.pollution
    }
    this.considered?.push({
      member,
      role: reason,
      wait,
      service: seconds + delay,
      waste,
      risk,
      price: cost - time,
      cost,
    })
    if (cost >= this.#bestCost) return
    this.best = member
    this.bestRecord = record
    this.bestSeconds = seconds
    this.bestDelay = delay
    this.bestReason = reason
    this.bestTime = time
    this.#bestCost = cost
  }

  /**
   * Whether the worker neither takes less time nor costs less than the best, even idle: then nothing
   * of it need be fetched from memory.
   */
  #isHopeless(record: number, seconds: number): boolean {
    const gain = record === none ? 0 : this.#contention * Math.min(seconds, this.costs.warm)
    const fastest = seconds - gain
    return fastest >= this.leastTime && fastest >= this.#bestCost
  }

  /** Only work is slowed down by a crowd; what misses wait for, they wait for together. */
  #crowdDelay(member: number, record: number, seconds: number): number {
    if (this.#contention === 0) return 0
    const work = Math.min(seconds, this.costs.warm)
    const crowding = this.#table.crowding(member, this.#now)
    // Times of a record were measured in the worker's usual crowd, and are less in a smaller one.
    // Those of a new class were not: else a worker that is idle as always would never be begun
    // with.
    return this.#contention * (record === none ? Math.max(0, crowding) : crowding) * work
  }
}
