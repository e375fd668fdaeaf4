import { expect, test } from 'vitest'
import { durationBounds, Histogram, quantile } from '../../src/admin/histogram.ts'

test('a histogram counts a duration in the first bucket whose bound it does not exceed', () => {
  const histogram = new Histogram()
  for (const seconds of [0.001, 0.0011, 60, 61]) histogram.observe(seconds)
  const bucketOf = (bound: number) => histogram.counts[durationBounds.indexOf(bound)]
  expect([bucketOf(0.001), bucketOf(0.002), bucketOf(60), histogram.counts.at(-1)]).toEqual([
    1, 1, 1, 1,
  ])
  expect(histogram.sum).toBeCloseTo(121.0021)
})

test('a quantile lies where the counted ones are spread evenly in their bucket', () => {
  const histogram = new Histogram()
  expect(quantile(histogram.counts, 0.5)).toBeUndefined()
  for (let i = 0; i < 10; i++) histogram.observe(0.15)
  for (let i = 0; i < 10; i++) histogram.observe(0.5)
  expect(quantile(histogram.counts, 0.25)).toBeCloseTo(0.125)
  expect(quantile(histogram.counts, 0.5)).toBeCloseTo(0.15)
  expect(quantile(histogram.counts, 1)).toBeCloseTo(0.5)
  histogram.observe(1e6)
  expect(quantile(histogram.counts, 1)).toBe(60)
})
