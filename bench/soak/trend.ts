/** Whether what was measured over time grows. Pure. */
import { mean } from '../statistics.ts'

export interface Point {
  readonly hours: number
  readonly value: number
}

export interface Trend {
  /** By how much the value grows an hour. */
  readonly slope: number
  /** Standard error of the slope. */
  readonly error: number
}

/** The line through the points that has the least squares of distances. At least three points. */
export function trendOf(points: readonly Point[]): Trend {
  const count = points.length
  const meanHours = mean(points.map(({ hours }) => hours))
  const meanValue = mean(points.map(({ value }) => value))
  let spread = 0
  let product = 0
  for (const { hours, value } of points) {
    spread += (hours - meanHours) ** 2
    product += (hours - meanHours) * (value - meanValue)
  }
  const slope = product / spread
  let rest = 0
  for (const { hours, value } of points) {
    rest += (value - meanValue - slope * (hours - meanHours)) ** 2
  }
  return { slope, error: Math.sqrt(rest / (count - 2) / spread) }
}

/**
 * Whether a trend is no growth: not above `allowed` an hour by more than twice its standard error,
 * which is what chance explains.
 */
export function isFlat({ slope, error }: Trend, allowed: number): boolean {
  return slope - 2 * error <= allowed
}
