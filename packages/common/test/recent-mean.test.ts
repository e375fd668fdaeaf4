import { expect, test } from 'vitest'
import { mix, RecentMean, withOneMore } from '../src/recent-mean.ts'

const window = 20

function meanOf(values: readonly number[], most = Number.POSITIVE_INFINITY): RecentMean {
  const mean = new RecentMean()
  for (const value of values) mean.add(value, window, most)
  return mean
}

test('is the plain mean of the first values', () => {
  expect(meanOf([]).value).toBe(0)
  expect(meanOf([1, 2, 6]).value).toBeCloseTo(3)
})

test('follows the last values', () => {
  expect(meanOf([...Array(50).fill(1), ...Array(50).fill(5)]).value).toBeCloseTo(5)
})

test.each([0, 10, 30, 100])('has forgotten a value after two windows, and %d before', (before) => {
  const values = [...Array(before).fill(1), 1e15, ...Array(2 * window).fill(1)]
  expect(meanOf(values).value).toBeCloseTo(1)
})

test('adds no more than a limit for one value', () => {
  expect(meanOf([...Array(50).fill(1), 1e15], 0.5).value).toBeCloseTo(1.5)
})

test('one value more counts as at most 64 times a mean', () => {
  expect(withOneMore(2, 4, 0.1)).toBeCloseTo(2.2)
  expect(withOneMore(2, 1e9, 0.1)).toBeCloseTo(2 + 12.6)
  expect(withOneMore(2, 0, 0.1)).toBeCloseTo(1.8)
})

test('a mean of 0 does not stay 0', () => {
  expect(withOneMore(0, 4, 0.1)).toBeCloseTo(0.4)
})

test('mixes values of which one would be rounded away', () => {
  expect(mix(1e15, 1e-6, 1)).toBe(1e-6)
})
