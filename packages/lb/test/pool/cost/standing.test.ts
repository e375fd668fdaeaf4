import { describe, expect, test } from 'vitest'
import { Standing } from '../../../src/pool/cost/standing.ts'

/** Fails so many requests in a row; each is begun when it ends. */
function fail(standing: Standing, times: number, now: number): void {
  for (let i = 0; i < times; i++) standing.fail(now, standing.begin(now), 1)
}

describe('Standing', () => {
  test('pauses a worker at its fourth failure in a row', () => {
    const standing = new Standing()
    fail(standing, 3, 0)
    expect(standing.isPaused(0)).toBe(false)
    fail(standing, 1, 0)
    expect(standing.isPaused(0)).toBe(true)
    expect(standing.isPaused(0.99)).toBe(true)
  })

  test('does not pause a worker that fails now and then', () => {
    const standing = new Standing()
    for (let i = 0; i < 100; i++) {
      standing.succeed(i, false)
      standing.succeed(i, false)
      standing.fail(i, false, 1)
    }
    expect(standing.isPaused(100)).toBe(false)
    expect(standing.failing(100)).toBeGreaterThan(0)
  })

  test('lets one request through after the pause, and waits for its end', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    expect(standing.isPaused(1)).toBe(false)
    expect(standing.begin(1)).toBe(true)
    expect(standing.isPaused(1)).toBe(true)
    expect(standing.isPaused(100)).toBe(true)
  })

  test('trusts the worker when it serves that request, and no other', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    standing.succeed(0.5, false)
    expect(standing.isPaused(0.5)).toBe(true)
    standing.succeed(1.5, standing.begin(1))
    expect(standing.isPaused(1.5)).toBe(false)
    expect(standing.failing(1.5)).toBeLessThanOrEqual(0.25)
  })

  test('tries again when that request ends in a way that tells nothing', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    standing.learnNothing(standing.begin(1))
    expect(standing.isPaused(1)).toBe(false)
    expect(standing.begin(1)).toBe(true)
  })

  test('doubles the pause each time that request fails, up to a minute', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    let now = 1
    const pauses: number[] = []
    for (let i = 0; i < 8; i++) {
      const failedAt = now
      fail(standing, 1, now)
      while (standing.isPaused(now)) now += 0.5
      pauses.push(now - failedAt)
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60])
  })

  test('begins with a short pause again when the worker has been well for long', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    standing.succeed(1, standing.begin(1))
    fail(standing, 4, 60)
    expect(standing.isPaused(61)).toBe(false)
  })

  test('goes on with a longer pause when it fails again soon', () => {
    const standing = new Standing()
    fail(standing, 4, 0)
    standing.succeed(1, standing.begin(1))
    fail(standing, 4, 1.5)
    expect(standing.isPaused(3.4)).toBe(true)
    expect(standing.isPaused(3.5)).toBe(false)
  })

  test('forgives failures with time', () => {
    const standing = new Standing()
    fail(standing, 2, 0)
    expect(standing.failing(0)).toBeCloseTo(0.36, 9)
    expect(standing.failing(10)).toBeCloseTo(0.36 / Math.E, 9)
  })
})
