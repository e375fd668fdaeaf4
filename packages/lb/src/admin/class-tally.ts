/**
 * Which classes have the most requests, in bounded memory: a space-saving sketch (Metwally,
 * Agrawal, El Abbadi 2005) that throws out half of its counters at once instead of one by one.
 * Pure.
 */

import { noUnits, type UnitCounts } from './unit-counts.ts'

/** Seconds after which a rate has faded to 1/e. */
const rateTime = 30

/** What is counted of a class. Counts may be too high by {@link floor}, and are never too low. */
export interface ClassCount {
  readonly name: string
  /** Requests that have ended. */
  requests: number
  /** The most that `requests` may be too high by: the class may have been thrown out before. */
  floor: number
  /** Of those, how many went to a worker that had served the class. */
  hits: number
  /** Sum of the durations, in seconds. */
  seconds: number
  readonly sizes: UnitCounts
  /** Sum over the requests, each faded since it came. */
  faded: number
  /** When `faded` was right, in seconds of the clock. */
  fadedAt: number
}

export class ClassTally {
  readonly #capacity: number
  readonly #counts: Map<string, ClassCount> = new Map()
  #floor = 0
  #evicted = 0

  /** Keeps at most `capacity` classes; those with the most requests are surely among them. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Classes that are counted now. */
  get size(): number {
    return this.#counts.size
  }

  /** Counters that were thrown out for want of room. */
  get evicted(): number {
    return this.#evicted
  }

  /** A request has ended. `now` is in seconds. Returns what is counted of its class now. */
  count(name: string, now: number, seconds: number, isHit: boolean): ClassCount {
    const known = this.#counts.get(name) ?? this.#add(name, now)
    known.requests++
    known.seconds += seconds
    if (isHit) known.hits++
    known.faded = known.faded * Math.exp((known.fadedAt - now) / rateTime) + 1
    known.fadedAt = now
    return known
  }

  /** The classes with the most requests of late, the most first. */
  top(limit: number, now: number): readonly ClassCount[] {
    return [...this.#counts.values()]
      .sort((one, other) => rateOf(other, now) - rateOf(one, now))
      .slice(0, limit)
  }

  /** The classes with the most requests of all time, the most first. */
  largest(limit: number): readonly ClassCount[] {
    return [...this.#counts.values()]
      .sort((one, other) => other.requests - one.requests)
      .slice(0, limit)
  }

  #add(name: string, now: number): ClassCount {
    if (this.#counts.size >= this.#capacity) this.#evict()
    const floor = this.#floor
    const counts = { requests: floor, floor, hits: 0, seconds: 0, sizes: noUnits() }
    const added = { name, ...counts, faded: 0, fadedAt: now }
    this.#counts.set(name, added)
    return added
  }

  /** Throws out the half with the fewest requests. */
  #evict(): void {
    const kept = this.largest(Math.floor(this.#capacity / 2))
    const names = new Set(kept.map(({ name }) => name))
    for (const [name, { requests }] of this.#counts) {
      if (names.has(name)) continue
      this.#floor = Math.max(this.#floor, requests)
      this.#counts.delete(name)
      this.#evicted++
    }
  }
}

/** Requests per second, of late. `now` is in seconds. */
export function rateOf({ faded, fadedAt }: ClassCount, now: number): number {
  return (faded * Math.exp((fadedAt - now) / rateTime)) / rateTime
}
