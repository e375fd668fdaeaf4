/** How far the line of a skill can be trusted. Pure. */

/**
 * A line is half known at so many times √(sum of squares) from the mean size. If times scatter by a
 * tenth, it errs there by about three times the mean time.
 */
export const lineReach = 30

/** How much of a line is known where it is extrapolated by so many units: from 0 to 1. */
export function knownPart(spread: number, distance: number): number {
  if (distance === 0) return 1
  return 1 / (1 + (distance / spread) ** 2)
}

/**
 * By how much a slope counts for a request of `units` where all that is known of it are requests of
 * `usual` units. Between times that do not grow with the size, and those that grow with it, is the
 * square root of the size.
 */
export function guessedGrowth(units: number, usual: number): number {
  return usual > 0 && units > usual ? Math.sqrt(usual / units) : 1
}
