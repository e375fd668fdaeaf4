/** Requests that wait for a worker: a bounded queue with a deadline and fair turns. Pure. */
import { FairQueue, type Turn } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'

export interface RequestQueueOptions {
  /** Maximum number of waiting requests. */
  readonly maxWaiting: number
  /** Maximum milliseconds to wait. */
  readonly waitTimeout: number
}

/** What waits. */
export interface Guest {
  /** Classes take turns. */
  readonly requestClass: RequestClass
}

/**
 * Classes whose first request may be refused in one round: where they wait for different things,
 * such as versions, the others go on, but a round must not take long.
 */
const maxRefusals = 16

/** Weight of one request in the mean. */
const meanWeight = 0.05

/** Seconds that a request is expected to take before one has ended. */
const firstGuess = 0.01

export class RequestQueue<Item extends Guest> {
  readonly #options: RequestQueueOptions
  readonly #isKnown: (requestClass: RequestClass) => boolean
  /**
   * In the order in which they came; all wait equally long, so this is the order of deadlines too.
   */
  readonly #waiting: Map<Item, { readonly deadline: number; readonly turn: Turn<Item> }> = new Map()
  readonly #fair: FairQueue<Item> = new FairQueue()
  /** Requests in progress that have waited here: their classes pay for the time that they take. */
  readonly #admitted: Map<Item, Turn<Item>> = new Map()
  #meanSeconds = firstGuess

  /** `isKnown` tells classes that were served before: the others share their turns. */
  constructor(
    options: RequestQueueOptions,
    isKnown: (requestClass: RequestClass) => boolean = () => true,
  ) {
    this.#options = options
    this.#isKnown = isKnown
  }

  get size(): number {
    return this.#waiting.size
  }

  /** All that wait, in the order in which they came. */
  [Symbol.iterator](): IterableIterator<Item> {
    return this.#waiting.keys()
  }

  /** Whether nothing waits, and nothing that has waited is in progress. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#admitted.size === 0
  }

  /** Adds an item; false if the queue is full. `now` is in milliseconds, here and below. */
  enter(item: Item, now: number): boolean {
    const { maxWaiting, waitTimeout } = this.#options
    if (waitTimeout === 0 || this.size >= maxWaiting) return false
    const { requestClass } = item
    const isKnown = this.#isKnown(requestClass)
    const turn = this.#fair.turnOf(item, requestClass, this.#meanSeconds, isKnown)
    this.#end(item, now)
    this.#fair.add(turn)
    this.#waiting.set(item, { deadline: now + waitTimeout, turn })
    return true
  }

  /** Removes an item that is over, whether it waits or was admitted. */
  leave(item: Item, now: number): void {
    const waiting = this.#waiting.get(item)
    if (waiting !== undefined) {
      this.#waiting.delete(item)
      this.#fair.remove(waiting.turn)
    }
    this.#end(item, now)
  }

  /**
   * Admits waiting items, in fair turns, as long as `begin` says that it has begun with one.
   */
  admit(begin: (item: Item) => boolean, now: number): void {
    for (let refusals = 0; refusals < maxRefusals; ) {
      const turn = this.#fair.next(now / 1000)
      if (turn === undefined) break
      const { item } = turn
      if (!begin(item)) {
        this.#fair.hold(turn)
        refusals++
      } else if (this.#waiting.delete(item)) {
        this.#fair.start(turn, now / 1000)
        this.#admitted.set(item, turn)
      }
    }
    this.#fair.releaseAll()
  }

  /** Removes and returns the items whose deadline has passed. */
  takeExpired(now: number): Item[] {
    const expired: Item[] = []
    for (const [item, { deadline }] of this.#waiting) {
      if (deadline > now) break
      expired.push(item)
    }
    for (const item of expired) this.leave(item, now)
    return expired
  }

  #end(item: Item, now: number): void {
    const turn = this.#admitted.get(item)
    if (turn === undefined) return
    this.#admitted.delete(item)
    this.#meanSeconds += meanWeight * (now / 1000 - turn.beganAt - this.#meanSeconds)
    this.#fair.end(turn, now / 1000)
  }
}
