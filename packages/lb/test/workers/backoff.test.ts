import { describe, expect, test } from 'vitest'
import { backoffDelay } from '../../src/workers/backoff.ts'

describe('backoffDelay', () => {
  const middle = () => 0.5

  test('doubles from 100 ms to 2 s', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 100, 10_000].map((n) => backoffDelay(n, middle))
    expect(delays).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000])
  })

  test('is spread by chance, and never leaves its range', () => {
    expect(backoffDelay(3, () => 0)).toBe(300)
    expect(backoffDelay(3, () => 1)).toBe(500)
    expect(backoffDelay(1, () => 0)).toBe(100)
    expect(backoffDelay(50, () => 1)).toBe(2000)
  })
})
