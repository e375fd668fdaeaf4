import { expect, test } from 'vitest'
import { CachePressure } from '../../../../src/pool/policies/cost/cache-pressure.ts'

const settings = { learning: 0.1, fullShare: 0.5, initialShare: 0 }

/** The pressure after `count` requests, of which every `n`-th takes three times what is usual. */
function pressureOf(count: number, n: number): number {
  const pressure = new CachePressure(settings)
  for (let i = 1; i <= count; i++) pressure.learn(i % n === 0 ? 0.03 : 0.01, 0.01)
  return pressure.value
}

test('cache pressure is 0 where requests are as quick as they should be', () => {
  expect(pressureOf(100, 1000)).toBe(0)
})

test('cache pressure begins with what is believed before there are requests', () => {
  expect(new CachePressure({ ...settings, initialShare: 0.25 }).value).toBe(0.5)
})

test('cache pressure is the share of slow requests, and at most 1', () => {
  expect(pressureOf(200, 4)).toBeCloseTo(0.25 / 0.5, 0)
  expect(pressureOf(200, 1)).toBe(1)
})

test('cache pressure falls again when requests are quick', () => {
  const pressure = new CachePressure(settings)
  for (let i = 0; i < 50; i++) pressure.learn(0.03, 0.01)
  for (let i = 0; i < 50; i++) pressure.learn(0.019, 0.01)
  expect(pressure.value).toBeLessThan(0.02)
})
