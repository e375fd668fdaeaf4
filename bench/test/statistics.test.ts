import { describe, expect, test } from 'vitest'
import { mean, median, quantile, sum } from '../statistics.ts'

test('a mean is the sum by the number of values', () => {
  expect(sum([4, 1, 4])).toBe(9)
  expect(mean([4, 1, 4])).toBe(3)
})

describe('a median', () => {
  test('is the value in the middle, by size and not by place', () => {
    expect(median([100, 9, 20])).toBe(20)
  })

  test('is the lower of two values in the middle', () => {
    expect(median([4, 3, 2, 1])).toBe(2)
  })
})

describe('a quantile', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i)

  test('is the least value that the part does not exceed', () => {
    expect([0, 0.01, 0.5, 0.99, 1].map((part) => quantile(values, part))).toEqual([
      1, 2, 100, 198, 200,
    ])
  })

  test('leaves the values in their order', () => {
    const own = [3, 1, 2]
    quantile(own, 0.9)
    expect(own).toEqual([3, 1, 2])
  })

  test('of nothing is not a number', () => {
    expect(quantile([], 0.99)).toBeNaN()
    expect(median([])).toBeNaN()
    expect(mean([])).toBeNaN()
  })
})
