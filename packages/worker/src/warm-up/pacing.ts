/** Leaves time to clients between the requests with which a worker prepares classes. */
import type { Clock } from '@resumelb/common'

/**
 * After each of these requests, the worker waits for as long as that took, divided by the number of
 * its slots. So they take no more than half of a single slot, and cost little time where there are
 * many.
 */
export class Pacing {
  readonly #clock: Clock
  readonly #slots: () => number
  #pausesUntil = 0

  constructor(clock: Clock, slots: () => number) {
    this.#clock = clock
    this.#slots = slots
  }

  /** A request has ended that began at this time, in milliseconds. */
  ended(startedAt: number): void {
    const now = this.#clock.now()
    this.#pausesUntil = now + (now - startedAt) / this.#slots()
  }

  /** Resolves when the next request may begin. */
  async pause(): Promise<void> {
    const left = this.#pausesUntil - this.#clock.now()
    if (left > 0) await new Promise<void>((resolve) => void this.#clock.after(left, resolve))
  }
}
