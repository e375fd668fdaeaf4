/** Tells service time from the time that a request waits in its server behind those of others. */
import { withOneMore } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import { shortestService } from './size-fit.ts'

/** Time constant of the mean wait, in seconds: long enough to see a trend, not a burst. */
const waitTau = 1

/** Minimum weight of one request in the mean wait, for servers that get many per second. */
const leastWeight = 0.02

/** Weight of one request in the mean service time. */
const meanWeight = 0.02

/**
 * How far one request moves the floor of its class towards its own time. Falling fast and rising
 * slowly, the floor stays near the shortest times: an expectile of about 3 %.
 */
const step = { down: 0.3, up: 0.01 } as const

/**
 * Requests before one in a slot, at most. What takes longer than for these has hung rather than
 * waited, and the server would not be tried again for as long.
 */
const longestQueue = 100

/** Of the first request of a class, at least this part counts as service. */
const leastService = 0.25

/** Requests of others in progress at a server, and seconds of work that they stand for. */
export interface EstimatedLoad {
  readonly requests: number
  readonly seconds: number
}

/**
 * For one server that is measured from outside: what a request takes longer than the shortest of
 * its class is taken for waiting. Pure; times are in seconds.
 */
export class ServiceEstimate {
  readonly #maxClasses: number
  /** The floors of classes; the young ones become the old ones when there are too many. */
  #young = new Map<RequestClass, number>()
  #old: ReadonlyMap<RequestClass, number> = new Map()
  #wait = 0
  #waitAt = Number.NEGATIVE_INFINITY
  #meanService = 0

  /** Remembers between `maxClasses` and twice as many classes. */
  constructor(maxClasses = 10_000) {
    this.#maxClasses = maxClasses
  }

  /** A request took so long. Returns how much of that was service, as far as one can tell. */
  service(requestClass: RequestClass, seconds: number, now: number): number {
    const floor = this.#floor(requestClass, seconds)
    if (floor === undefined) {
      return this.#count(Math.max(seconds - this.#wait, seconds * leastService))
    }
    const weight = Math.max(leastWeight, 1 - Math.exp((this.#waitAt - now) / waitTau))
    const longest = longestQueue * Math.max(floor, this.#meanService)
    const wait = Math.min(Math.max(0, seconds - floor), longest)
    this.#wait += weight * (wait - this.#wait)
    this.#waitAt = now
    return this.#count(Math.max(Math.min(floor, seconds), seconds - this.#wait))
  }

  /** What others have in progress at the server, which has so many slots. */
  others(slots: number): EstimatedLoad {
    const seconds = this.#wait * slots
    return { seconds, requests: seconds === 0 ? 0 : seconds / this.#meanService }
  }

  /** Moves the floor of the class; absent if this is its first request. */
  #floor(requestClass: RequestClass, seconds: number): number | undefined {
    const young = this.#young.get(requestClass)
    const known = young ?? this.#old.get(requestClass)
    const floor =
      known === undefined
        ? undefined
        : withOneMore(known, seconds, seconds < known ? step.down : step.up)
    if (young === undefined && this.#young.size >= this.#maxClasses) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(requestClass, floor ?? seconds)
    return floor
  }

  #count(service: number): number {
    const counted = Math.max(service, shortestService)
    if (this.#meanService === 0) this.#meanService = counted
    this.#meanService = withOneMore(this.#meanService, counted, meanWeight)
    return service
  }
}
