/** Parts of fits whose samples decay. Pure. */

/** How much a sample so far from the mean tells of a slope: 1 if as much as usual, or more. */
export function newsOf(off: number, squares: number, slopes: number): number {
  const square = off ** 2
  const usual = slopes > 0 ? squares / slopes : 0
  return square < usual ? square / usual : Math.sign(square)
}

/**
 * The mean with a value that weighs `share` of it, from 0 to 1. Unlike `mean + share × (value −
 * mean)` it is between the two also where one is so much greater that their difference is rounded.
 */
export function mix(mean: number, value: number, share: number): number {
  return (1 - share) * mean + share * value
}
