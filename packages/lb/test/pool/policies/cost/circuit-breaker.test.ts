import { describe, expect, test } from 'vitest'
import { CircuitBreaker } from '../../../../src/pool/policies/cost/circuit-breaker.ts'

/** Fails so many requests in a row; each is begun when it ends. */
function fail(breaker: CircuitBreaker, times: number, now: number): void {
  for (let i = 0; i < times; i++) breaker.fail(now, breaker.begin(now), 1)
}

describe('CircuitBreaker', () => {
  test('pauses a worker at its fourth failure in a row', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 3, 0)
    expect(breaker.isPaused(0)).toBe(false)
    fail(breaker, 1, 0)
    expect(breaker.isPaused(0)).toBe(true)
    expect(breaker.isPaused(0.99)).toBe(true)
  })

  test('does not pause a worker that fails now and then', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 100; i++) {
      breaker.succeed(i, false)
      breaker.succeed(i, false)
      breaker.fail(i, false, 1)
    }
    expect(breaker.isPaused(100)).toBe(false)
    expect(breaker.failing(100)).toBeGreaterThan(0)
  })

  test('lets one request through after the pause, and waits for its end', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    expect(breaker.isPaused(1)).toBe(false)
    expect(breaker.begin(1)).toBe(true)
    expect(breaker.isPaused(1)).toBe(true)
    expect(breaker.isPaused(100)).toBe(true)
  })

  test('trusts the worker when it serves that request, and no other', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    breaker.succeed(0.5, false)
    expect(breaker.isPaused(0.5)).toBe(true)
    breaker.succeed(1.5, breaker.begin(1))
    expect(breaker.isPaused(1.5)).toBe(false)
    expect(breaker.failing(1.5)).toBeLessThanOrEqual(0.25)
  })

  test('tries again when that request ends in a way that tells nothing', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    breaker.learnNothing(breaker.begin(1))
    expect(breaker.isPaused(1)).toBe(false)
    expect(breaker.begin(1)).toBe(true)
  })

  test('doubles the pause each time that request fails, up to a minute', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    let now = 1
    const pauses: number[] = []
    for (let i = 0; i < 8; i++) {
      const failedAt = now
      fail(breaker, 1, now)
      while (breaker.isPaused(now)) now += 0.5
      pauses.push(now - failedAt)
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60])
  })

  test('begins with a short pause again when the worker has been well for long', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    breaker.succeed(1, breaker.begin(1))
    fail(breaker, 4, 60)
    expect(breaker.isPaused(61)).toBe(false)
  })

  test('goes on with a longer pause when it fails again soon', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 4, 0)
    breaker.succeed(1, breaker.begin(1))
    fail(breaker, 4, 1.5)
    expect(breaker.isPaused(3.4)).toBe(true)
    expect(breaker.isPaused(3.5)).toBe(false)
  })

  test('forgives failures with time', () => {
    const breaker = new CircuitBreaker()
    fail(breaker, 2, 0)
    expect(breaker.failing(0)).toBeCloseTo(0.36, 9)
    expect(breaker.failing(10)).toBeCloseTo(0.36 / Math.E, 9)
  })
})
