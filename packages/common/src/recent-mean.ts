/** A mean of recent values. Pure. */
import { Renewed } from './renewed.ts'

/** Values from which on the mean tells which ones are unusual. */
const matureCount = 8

/**
 * The mean of about the last `window` values. One of them at most adds a given limit to it, and
 * none counts for more than about two windows; see {@link Renewed}.
 */
export class RecentMean {
  readonly #means = new Renewed<Mean>(() => ({ value: 0, count: 0 }))

  /** 0 as long as there is none. */
  get value(): number {
    return this.#means.current.value
  }

  /** `most`: what the value adds to the mean at most, if there is a mean already. */
  add(value: number, window: number, most: number): void {
    const { current, younger } = this.#means
    const { value: before, count } = current
    const limit = before + most * Math.min(count + 1, window)
    const counted = count < matureCount ? value : Math.min(value, limit)
    addTo(current, counted, window)
    if (younger !== undefined) addTo(younger, counted, window)
    this.#means.added(window)
  }
}

/** A value counts as at most so many times the mean: times that vary by 20 must count as they are. */
export const mostMeans = 64

/**
 * The mean with one value more, which weighs `weight` and counts as at most {@link mostMeans}: one
 * request that hung must not count as much as a thousand others. Beside a mean of 0, it counts as it
 * is: otherwise, the mean would stay 0.
 */
export function withOneMore(mean: number, value: number, weight: number): number {
  const counted = mean > 0 ? Math.min(value, mostMeans * mean) : value
  return mean + weight * (counted - mean)
}

/**
 * The mean with a value that weighs `share` of it, from 0 to 1. Unlike `mean + share × (value −
 * mean)` it is between the two also where one is so much greater that their difference is rounded.
 */
export function mix(mean: number, value: number, share: number): number {
  return (1 - share) * mean + share * value
}

interface Mean {
  value: number
  count: number
}

function addTo(mean: Mean, value: number, window: number): void {
  mean.count = Math.min(mean.count + 1, window)
  mean.value = mix(mean.value, value, 1 / mean.count)
}
