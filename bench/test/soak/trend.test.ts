import { expect, test } from 'vitest'
import { isFlat, trendOf } from '../../soak/trend.ts'

const hours = [0, 0.25, 0.5, 0.75, 1]

test('a straight line has its slope and no error', () => {
  const { slope, error } = trendOf(hours.map((at) => ({ hours: at, value: 5 + 3 * at })))
  expect(slope).toBeCloseTo(3)
  expect(error).toBeCloseTo(0)
})

test('what goes up and down about a level is flat', () => {
  const noise = [0.5, -0.5, 0.4, -0.6, 0.2]
  const trend = trendOf(hours.map((at, index) => ({ hours: at, value: 9 + (noise[index] ?? 0) })))
  expect(isFlat(trend, 0)).toBe(true)
})

test('what grows more than allowed, and more than chance explains, is not flat', () => {
  const noise = [0.1, -0.1, 0.1, -0.1, 0.1]
  const points = hours.map((at, index) => ({ hours: at, value: 9 * at + (noise[index] ?? 0) }))
  expect(isFlat(trendOf(points), 2)).toBe(false)
  expect(isFlat(trendOf(points), 10)).toBe(true)
})
