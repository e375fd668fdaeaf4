import { describe, expect, test } from 'vitest'
import { Backoff, connectGrowth } from '../../src/workers/backoff.ts'

/** The delays after so many attempts without a connection. */
function delays(random: number, attempts: number): number[] {
  const backoff = new Backoff(() => random)
  return Array.from({ length: attempts }, () => backoff.next(0))
}

describe('the delay before the next attempt', () => {
  test('doubles from 100 ms to 2 s', () => {
    expect(delays(0.5, 8)).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000])
    expect(delays(0.5, 10_000).at(-1)).toBe(2000)
  })

  test('is spread by chance, and never leaves its range', () => {
    expect(delays(0, 3)).toEqual([100, 150, 300])
    expect(delays(1, 3)).toEqual([125, 250, 500])
    expect(delays(1, 50).at(-1)).toBe(2000)
  })

  test('of workers is at most a quarter of the time since the first attempt, and 100 ms', () => {
    const backoff = new Backoff(() => 0.5, connectGrowth)
    let away = backoff.next(0)
    for (let attempt = 0; attempt < 40; attempt++) {
      const delay = backoff.next(0)
      expect(delay).toBeLessThanOrEqual(away * 0.25 + 100)
      away += delay
    }
    expect(backoff.next(0)).toBe(2000)
  })

  test('begins anew after a connection of a second, and not after a shorter one', () => {
    const backoff = new Backoff(() => 0.5)
    expect([0, 0, 999, 1_000, 0].map((lasted) => backoff.next(lasted))).toEqual([
      100, 200, 400, 100, 200,
    ])
  })
})
