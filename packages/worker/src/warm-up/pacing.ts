/** Leaves time to clients between the requests with which a worker prepares classes. */
import type { Clock, Slots } from '@resumelb/common'

/**
 * How many times as long as the request before has taken, the next one waits for a free slot at
 * most, and how many milliseconds in any case: a worker that is busy all the time should have
 * prepared its classes before the time for the hand-over has passed.
 */
const patience = 10
const maxPatience = 1_000

/** Milliseconds that the first request waits for a free slot at most. */
const firstPatience = 250

/** The worker that prepares classes. */
export interface PacingContext {
  readonly clock: Clock
  readonly slots: Pick<Slots, 'onceFree'>
  /** Requests that it serves at once. */
  concurrency(): number
}

/**
 * After each of these requests, the worker pauses for as long as that took, divided by the number of
 * its slots. Then it waits until a slot is free for which no client waits: a cold request takes many
 * times as long as the others, and what has waited behind one should be served before the next.
 */
export class Pacing {
  readonly #context: PacingContext
  #pausesUntil = 0
  #patience = firstPatience

  constructor(context: PacingContext) {
    this.#context = context
  }

  /** A request has ended that began at this time, in milliseconds. */
  ended(startedAt: number): void {
    const now = this.#context.clock.now()
    const took = now - startedAt
    this.#pausesUntil = now + took / this.#context.concurrency()
    this.#patience = Math.min(patience * took, maxPatience)
  }

  /** Calls back when the next request may begin; that may be at once. */
  onceDue(callback: () => void): void {
    const { clock } = this.#context
    const left = this.#pausesUntil - clock.now()
    if (left > 0) clock.after(left, () => this.#onceFree(callback))
    else this.#onceFree(callback)
  }

  #onceFree(callback: () => void): void {
    const { clock, slots } = this.#context
    const stopWaiting = clock.after(this.#patience, () => {
      cancel()
      callback()
    })
    const cancel = slots.onceFree(() => {
      stopWaiting()
      callback()
    })
  }
}
