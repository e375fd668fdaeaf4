/**
 * Time as far as the event loop was there to see it: what deadlines are measured with.
 *
 * After a stop of the process, a pause of the machine or a long computation, every deadline has
 * passed at once, while what the peers have sent meanwhile waits in the sockets. So such a gap
 * counts for next to nothing: a late look is not a silent peer.
 */
import type { Clock } from './clock.ts'

/** Milliseconds between two looks at the clock. */
const lookInterval = 100

/** Milliseconds between two looks from which on the event loop has stood still. */
const stallLength = 250

/**
 * Milliseconds after a gap for which timers of others, such as those of sockets, are not believed.
 */
const catchUpTime = 1_000

export class AwakeClock implements Clock {
  readonly #clock: Clock
  /** When the clock was last looked at. */
  #seenAt: number
  /** Milliseconds of all gaps together that do not count. */
  #missed = 0
  #caughtUpAt: number = Number.NEGATIVE_INFINITY
  /** Pending callbacks. While there are none, nothing is measured, and gaps are unknown. */
  #waiting = 0
  #stopLooking: () => void = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#seenAt = clock.now()
  }

  /** Whether the event loop stood still a moment ago, and has yet to read what came meanwhile. */
  get isCatchingUp(): boolean {
    return this.#look() < this.#caughtUpAt
  }

  now(): number {
    return this.#look() - this.#missed
  }

  after(delay: number, callback: () => void): () => void {
    const due = this.now() + delay
    if (this.#waiting++ === 0) this.#lookSoon()
    let isWaiting = true
    const leave = () => {
      isWaiting = false
      if (--this.#waiting === 0) this.#stopLooking()
    }
    const ring = () => {
      const left = due - this.now()
      // Timers are exact to a millisecond.
      if (left >= 1) {
        cancel = this.#clock.after(left, ring)
        return
      }
      leave()
      callback()
    }
    let cancel = this.#clock.after(delay, ring)
    return () => {
      cancel()
      if (isWaiting) leave()
    }
  }

  #look(): number {
    const now = this.#clock.now()
    const gap = now - this.#seenAt
    this.#seenAt = now
    if (gap > stallLength && this.#waiting > 0) {
      this.#missed += gap - lookInterval
      this.#caughtUpAt = now + catchUpTime
    }
    return now
  }

  #lookSoon(): void {
    this.#stopLooking = this.#clock.after(lookInterval, () => {
      this.#look()
      this.#lookSoon()
    })
  }
}

const clocks: WeakMap<Clock, AwakeClock> = new WeakMap()

/** The one clock of deadlines that belongs to a clock. */
export function awakeClockOf(clock: Clock): AwakeClock {
  let awake = clocks.get(clock)
  if (awake === undefined) {
    awake = new AwakeClock(clock)
    clocks.set(clock, awake)
  }
  return awake
}
