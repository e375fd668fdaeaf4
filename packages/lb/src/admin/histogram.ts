/** Counts durations in buckets, for metrics and percentiles. Pure. */

/** Upper bounds in seconds, each included; longer ones are counted above the last. */
export const durationBounds: readonly number[] = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2,
  0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60,
]

export class Histogram {
  /** How many fell into each bucket, and above the last. Not cumulative. */
  readonly counts: Float64Array = new Float64Array(durationBounds.length + 1)
  /** Of all that was observed, in seconds. */
  sum = 0

  observe(seconds: number): void {
    this.sum += seconds
    // Most requests are short: looked for from the front, they are found soonest.
    let bucket = 0
    while (bucket < durationBounds.length && seconds > (durationBounds[bucket] as number)) bucket++
    ;(this.counts[bucket] as number)++
  }
}

/**
 * The duration that the part `q` (0 to 1) of the counted ones does not exceed, in seconds: within a
 * bucket they are taken to be spread evenly, as in Prometheus's `histogram_quantile`. `undefined`
 * if nothing was counted.
 */
export function quantile(counts: ArrayLike<number>, q: number): number | undefined {
  const all = Array.from(counts)
  const total = all.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let rank = q * total
  for (const [bucket, count] of all.entries()) {
    if (rank > count || count === 0) {
      rank -= count
      continue
    }
    const from = durationBounds[bucket - 1] ?? 0
    const to = durationBounds[bucket] ?? from
    return from + (to - from) * (rank / count)
  }
  return durationBounds.at(-1)
}
