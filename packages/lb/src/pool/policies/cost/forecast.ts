/** How far estimates of service times can be trusted, learned from all requests of a pool. */
import { CachePressures } from './cache-pressures.ts'

/** The weight of one request in what is learned about all of them. */
const learning = 0.002

/** A request counts as at most so many of mean length. */
const mostMeans = 100

/**
 * Mean error ÷ mean of exponentially distributed times, 2 ÷ e. Such times have no memory: how long
 * a request has run says nothing of how long it still will.
 */
const memoryless = 2 / Math.E

/** Variance of crowding below which the slope of service times over it means little. */
const littleCrowding = 0.03

/**
 * Room in the caches must not be believed too soon. One in a hundred requests at skilled workers may
 * be slow without anything being amiss.
 */
const pressureSettings = { learning: 0.001, fullShare: 0.01, initialShare: 1 }

export class Forecast {
  #error = 0
  #seconds = 0
  /** Of the requests so far in these two: from 0 to 1. */
  #weight = 0
  #crowdingSquared = 0
  #crowdingTimesExcess = 0
  /** Of all members together, under the number 0. */
  readonly #cachePressure = new CachePressures(pressureSettings)

  constructor() {
    this.#cachePressure.reset(0)
  }

  /**
   * From 0 to 1: how much of the time that a request has run already shortens what is left of it.
   * 1 where estimates are exact, 0 where times are as random as an exponential distribution's.
   */
  get predictability(): number {
    if (this.#seconds === 0) return 0
    return Math.max(0, 1 - this.#error / (memoryless * this.#seconds))
  }

  /**
   * From 0 to 1: how much the requests at a worker slow down each other. 0 where each slot has a
   * processor of its own, 1 where they share one: Node's event loop. The slope of the relative
   * service time over the crowding (least squares).
   */
  get contention(): number {
    const slope = this.#crowdingTimesExcess / (this.#crowdingSquared + littleCrowding)
    return Math.min(1, Math.max(0, slope))
  }

  /** From 0 to 1: how much caches seem to lose what they should hold. 0 means there is room. */
  get cachePressure(): number {
    return this.#cachePressure.at(0)
  }

  /**
   * A request took so long that was expected to take `expected` in the worker's usual crowd, with
   * that crowding (see `MemberTable.crowding`) when it was assigned.
   */
  learn(seconds: number, expected: number, crowding: number): void {
    // One request that took very long must not outweigh all others.
    const most = (mostMeans * this.#seconds) / this.#weight
    const longest = Math.max(seconds, expected)
    const part = most > 0 && longest > most ? most / longest : 1
    this.#weight += learning * (1 - this.#weight)
    this.#error += learning * (part * Math.abs(seconds - expected) - this.#error)
    this.#seconds += learning * (part * seconds - this.#seconds)
    const excess = seconds > 0 ? Math.min(3, seconds / expected - 1) : -1
    this.#crowdingSquared += learning * (crowding * crowding - this.#crowdingSquared)
    this.#crowdingTimesExcess += learning * (crowding * excess - this.#crowdingTimesExcess)
  }

  /**
   * A request took so long at a worker that had served many of its class before; `warm` is what it
   * takes if the class is in the caches.
   */
  learnPressure(seconds: number, warm: number): void {
    this.#cachePressure.learn(0, seconds, warm)
  }
}
