/** Gives back what waits for a slot while all that runs may hang. Pure. */
import type { Clock } from './clock.ts'
import type { ColdLoads } from './cold-loads.ts'
import type { FairQueue } from './fair-queue.ts'
import type { Waiter } from './slots.ts'

/** Milliseconds between two looks, while something waits. */
const interval = 100

/** What runs takes too long if it takes so many times as long as any request lately. */
const longFactor = 8

/** Seconds that are never too long, and after which half of what was longest is forgotten. */
const shortTime = 0.125
const halfLife = 10

/**
 * While something waits, it looks from time to time whether all that runs is late: it has run much
 * longer than was expected, and longer than any request lately. Then it will, for all one knows, run
 * for as long again, and what waits and is movable had better wait at another worker. Where cold
 * caches make requests slow, none is moved, since another worker would have to load as much. A
 * request that fills caches is late only when others of its class wait for it no more.
 */
export class LateWatch {
  readonly #queue: FairQueue<Waiter>
  readonly #coldLoads: ColdLoads
  readonly #clock: Clock
  readonly #isResting: () => boolean
  #isWatching = false
  /** Seconds that the longest request took, fading; and as of when that is. */
  #longest = 0
  #longestAt = 0

  /** `isResting`: whether free slots are given only in the next turn of the event loop. */
  constructor(
    queue: FairQueue<Waiter>,
    coldLoads: ColdLoads,
    clock: Clock,
    isResting: () => boolean,
  ) {
    this.#queue = queue
    this.#coldLoads = coldLoads
    this.#clock = clock
    this.#isResting = isResting
  }

  /** Something waits. */
  watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#clock.after(interval, () => {
      this.#isWatching = false
      if (this.#queue.size > 0) this.#look()
    })
  }

  /** A request has ended after so many seconds, at `now` seconds. */
  ended(seconds: number, now: number): void {
    if (seconds <= shortTime) return
    const longest = this.#longestBy(now)
    if (seconds <= longest) return
    // One that hung does not make all others seem quick.
    this.#longest = Math.min(seconds, longFactor * longest)
    this.#longestAt = now
  }

  #longestBy(now: number): number {
    return Math.max(shortTime, this.#longest * 0.5 ** ((now - this.#longestAt) / halfLife))
  }

  #look(): void {
    // What waits may get a slot that is free now, and does not wait for what runs.
    const late = this.#isResting() ? undefined : this.#lateClasses()
    if (late !== undefined) {
      for (const { item } of [...this.#queue.turns()]) {
        if (item.isMovable) item.giveBack?.(late.has(item.requestClass))
      }
    }
    if (this.#queue.size > 0) this.watch()
  }

  /** The classes of all that runs, if that is late. */
  #lateClasses(): ReadonlySet<string> | undefined {
    const now = this.#clock.now() / 1000
    const long = longFactor * this.#longestBy(now)
    const classes = new Set<string>()
    for (const turn of this.#queue.running()) {
      if (now - turn.beganAt < long || !turn.isLate(now)) return undefined
      if (this.#coldLoads.isAwaited(turn.item)) return undefined
      classes.add(turn.item.requestClass)
    }
    return classes
  }
}
