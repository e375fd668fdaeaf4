/** How long to wait before the next try to reach a worker. Pure. */

/** Milliseconds before the second try. */
const firstDelay = 100

/**
 * Milliseconds that a delay never exceeds: well below the time that requests wait for a worker, so that
 * those that came while all were away are served when they are back.
 */
const longestDelay = 2_000

/** The part of a delay by which chance lengthens or shortens it, so that balancers do not march in step. */
const jitter = 0.25

/**
 * Milliseconds to wait after so many failures in a row (1 or more): doubling from 100 ms to 2 s.
 * `random` is like `Math.random`.
 */
export function backoffDelay(failures: number, random: () => number): number {
  const delay = firstDelay * 2 ** Math.min(failures - 1, 30)
  const jittered = delay * (1 + jitter * (2 * random() - 1))
  return Math.min(Math.max(jittered, firstDelay), longestDelay)
}
