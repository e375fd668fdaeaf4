import { performance } from 'node:perf_hooks'
import { expect, test, vi } from 'vitest'
import { checkPattern } from '../../src/classify/check-pattern.ts'

test('a pattern is refused although the machine is so busy that its check takes long', () => {
  const now = performance.now.bind(performance)
  let looks = 0
  const lateAtFirst = vi.spyOn(performance, 'now').mockImplementation(() => {
    looks++
    return now() + Math.min(looks, 10) * 3_600_000
  })
  expect(() => checkPattern('pattern', /^(?:[a-z]+-?)+$/)).toThrow(/its time is exponential/)
  expect(lateAtFirst.mock.calls.length).toBeGreaterThan(10)
})
