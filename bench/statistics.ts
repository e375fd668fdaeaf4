/** Figures of several measurements in one. */

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** `NaN` if there are no values. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

/**
 * The least value that `part` (0.99: 99 %) of the values do not exceed, which is one of them
 * (nearest rank); `NaN` if there are none.
 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

/** Of an even number of values, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
