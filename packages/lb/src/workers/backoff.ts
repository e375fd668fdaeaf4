/** The delay before the next attempt to connect to a worker. Pure. */

/** Milliseconds before the second attempt. */
const firstDelay = 100

/**
 * Maximum delay in milliseconds: well below the time that requests wait for a worker, so that
 * requests that arrived while no worker was reachable are served when workers are back.
 */
const longestDelay = 2_000

/** Maximum random share of a delay, so that load balancers do not connect in lockstep. */
const jitter = 0.25

/**
 * Milliseconds to wait after this number of consecutive failures (1 or more): doubles from 100 ms
 * to 2 s. `random` is like `Math.random`.
 */
export function backoffDelay(failures: number, random: () => number): number {
  const delay = firstDelay * 2 ** Math.min(failures - 1, 30)
  const jittered = delay * (1 + jitter * (2 * random() - 1))
  return Math.min(Math.max(jittered, firstDelay), longestDelay)
}
