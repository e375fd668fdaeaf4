/** Finds the worker at which a request of one class costs least. */

import type { Candidate } from '../../explanation.ts'
import type { Reason } from '../../pool.ts'
import type { ClassCosts } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { riskOf } from './estimate.ts'
import type { Forecast } from './forecast.ts'
import { none } from './skill-table.ts'

/** One look at some workers for one request. Used again for the next: a pick must be quick. */
export class Search<Worker> {
  /** Of the class that the request is of. Set before the first look. */
  readonly costs: ClassCosts = { warm: 0, cold: 0, pollution: 1, isFlat: false, homes: 1 }
  best: CostMember<Worker> | undefined
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
  candidates: Candidate<Worker>[] | undefined
  #bestCost = 0
  #avoid: ReadonlySet<Worker> | undefined
  #price = 0
  #predictability = 0
  #contention = 0
  #now = 0
  #mark = 0

  begin(
    now: number,
    price: number,
    forecast: Forecast,
    avoid: ReadonlySet<Worker> | undefined,
  ): void {
    this.#predictability = forecast.predictability
    this.#contention = forecast.contention
    this.best = undefined
    this.#bestCost = Number.POSITIVE_INFINITY
    this.leastTime = Number.POSITIVE_INFINITY
    this.#now = now
    this.#price = price
    this.#avoid = avoid
    this.#mark++
  }

  /** Says whether the worker may have the request at all. */
  allows(member: CostMember<Worker>): boolean {
    return !this.#avoid?.has(member.worker)
  }

  /** Marks the worker as visited; returns whether this request visits it for the first time. */
  visit(member: CostMember<Worker>): boolean {
    if (member.mark === this.#mark) return false
    member.mark = this.#mark
    return true
  }

  /**
   * Compares the worker with the best so far: the least expected wait + service time + price ×
   * wasted work + risk. `seconds` is the service time, `waste` how much of it a warm worker would
   * save. `record` is the worker's record of the class, or `none`.
   */
  consider(
    member: CostMember<Worker>,
    record: number,
    seconds: number,
    waste: number,
    reason: Reason,
  ): void {
    const now = this.#now
    const risk = riskOf(member.failures.at(now), this.costs.cold)
    const delay = this.#crowdDelay(member, record, seconds)
    const wait = member.wait(now, this.#predictability)
    const time = wait + seconds + delay + risk
    if (time < this.leastTime) this.leastTime = time
    let cost = time
    if (waste > 0 && (cost < this.#bestCost || this.candidates !== undefined)) {
      cost += this.#price * member.priceOfWaste(now) * waste * this.costs.pollution
    }
    if (this.candidates !== undefined) {
      const { worker, backlog } = member
      const service = seconds + delay
      this.candidates.push({ worker, role: reason, backlog, wait, service, waste, risk, cost })
    }
    if (cost >= this.#bestCost) return
    this.best = member
    this.bestRecord = record
    this.bestSeconds = seconds
    this.bestDelay = delay
    this.bestReason = reason
    this.bestTime = time
    this.#bestCost = cost
  }

  /** Only work is slowed down by a crowd; what misses wait for, they wait for together. */
  #crowdDelay(member: CostMember<Worker>, record: number, seconds: number): number {
    if (this.#contention === 0) return 0
    const work = Math.min(seconds, this.costs.warm)
    const crowding = member.crowding(this.#now)
    // Times of a record were measured in the worker's usual crowd, and are less in a smaller one.
    // Those of a new class were not: else a worker that is idle as always would never be begun
    // with.
    return this.#contention * (record === none ? Math.max(0, crowding) : crowding) * work
  }

  /** Looks at all workers, when all of the usual few are to be avoided. */
  considerAll(members: readonly CostMember<Worker>[]): void {
    for (const member of members) {
      if (this.allows(member)) this.consider(member, none, this.costs.cold, 0, 'cold')
    }
  }
}
