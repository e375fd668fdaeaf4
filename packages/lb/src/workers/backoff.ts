/** The delay before the next attempt, to connect to a worker or to start a process. Pure. */

/** Milliseconds before the second attempt. */
const firstDelay = 100

/**
 * How much longer each delay is than the one before it, for a worker. All delays together are five
 * times the last one, so a worker that was away is connected after at most a quarter more of that
 * time: a restart takes a second or two, and its successor may leave as soon as it is back.
 */
export const connectGrowth = 1.25

/**
 * Maximum delay in milliseconds: well below the time that requests wait for a worker, so that
 * requests that arrived while no worker was reachable are served when workers are back.
 */
const longestDelay = 2_000

/** Maximum random share of a delay, so that load balancers do not connect in lockstep. */
const jitter = 0.25

/**
 * Milliseconds that a connection must last to reset the delay, which thus grows only for workers
 * that fail right after they have connected.
 */
const steadyTime = 1_000

export class Backoff {
  readonly #random: () => number
  readonly #growth: number
  /** Consecutive attempts without a steady connection. */
  #failures = 0

  /** `random` is like `Math.random`; `growth` is how much longer each delay is, above 1. */
  constructor(random: () => number, growth = 2) {
    this.#random = random
    this.#growth = growth
  }

  /**
   * Milliseconds to wait after a connection that has lasted so many, 0 if there was none: grows
   * from 100 ms to 2 s.
   */
  next(lasted: number): number {
    this.#failures = lasted >= steadyTime ? 1 : this.#failures + 1
    const delay = firstDelay * this.#growth ** Math.min(this.#failures - 1, 30)
    const jittered = delay * (1 + jitter * (2 * this.#random() - 1))
    return Math.min(Math.max(jittered, firstDelay), longestDelay)
  }
}
