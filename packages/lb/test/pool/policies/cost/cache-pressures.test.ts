import { expect, test } from 'vitest'
import { CachePressures } from '../../../../src/pool/policies/cost/cache-pressures.ts'

const settings = { learning: 0.1, fullShare: 0.5, initialShare: 0 }

/** One member, under another number than 0. */
function setUp(initialShare = 0) {
  const pressures = new CachePressures({ ...settings, initialShare })
  pressures.reset(3)
  return {
    learn: (seconds: number) => pressures.learn(3, seconds, 0.01),
    value: () => pressures.at(3),
    reset: () => pressures.reset(3),
  }
}

/** The pressure after `count` requests, of which every `n`-th takes three times what is usual. */
function pressureOf(count: number, n: number): number {
  const { learn, value } = setUp()
  for (let i = 1; i <= count; i++) learn(i % n === 0 ? 0.03 : 0.01)
  return value()
}

test('cache pressure is 0 where requests are as quick as they should be', () => {
  expect(pressureOf(100, 1000)).toBe(0)
})

test('cache pressure begins with what is believed before there are requests', () => {
  expect(setUp(0.25).value()).toBe(0.5)
})

test('cache pressure is the share of slow requests, and at most 1', () => {
  expect(pressureOf(200, 4)).toBeCloseTo(0.25 / 0.5, 0)
  expect(pressureOf(200, 1)).toBe(1)
})

test('cache pressure falls again when requests are quick', () => {
  const { learn, value } = setUp()
  for (let i = 0; i < 50; i++) learn(0.03)
  for (let i = 0; i < 50; i++) learn(0.019)
  expect(value()).toBeLessThan(0.02)
})

test('cache pressure is not handed on to the next member of the number', () => {
  const { learn, value, reset } = setUp()
  learn(0.03)
  reset()
  expect(value()).toBe(0)
})
