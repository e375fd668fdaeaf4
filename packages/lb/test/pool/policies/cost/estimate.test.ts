import { describe, expect, test } from 'vitest'
import {
  coldSeconds,
  fade,
  homesFor,
  isFlat,
  pollution,
  riskOf,
  withoutNoise,
} from '../../../../src/pool/policies/cost/estimate.ts'

test('what fades is 1 / e of itself after its time constant', () => {
  expect(fade(0)).toBe(1)
  expect(fade(3, 3)).toBeCloseTo(1 / Math.E, 12)
})

describe('coldSeconds', () => {
  test.each([
    ['is the usual multiple of warm without samples', 0, 0, 4],
    ['leans half on as many samples as the prior counts for', 10, 2, 7],
    ['follows many samples', 10, 18, 9.4],
    ['is never below warm', 0.1, 10, 1],
  ])('%s', (_rule, sampleMean, samples, expected) => {
    expect(coldSeconds(1, 4, sampleMean, samples)).toBeCloseTo(expected, 12)
  })
})

describe('homesFor', () => {
  test.each([
    ['one home without demand', 0, 1, 1],
    ['one home up to half a worker of demand', 49, 1, 1],
    ['two homes from there', 50, 1, 2],
    ['four homes for one and a half workers of demand', 150, 1, 4],
    ['fewer homes with more slots', 150, 4, 1],
  ])('gives %s', (_rule, rate, concurrency, expected) => {
    expect(homesFor(rate, 0.01, concurrency, 0.5)).toBe(expected)
  })
})

test('a class whose cold requests take hardly longer is flat', () => {
  expect(isFlat(1, 1.24)).toBe(true)
  expect(isFlat(1, 1.25)).toBe(false)
})

test('of a flat class only differences by a factor of two count', () => {
  expect(withoutNoise(1.9, 1)).toBe(1)
  expect(withoutNoise(0.6, 1)).toBe(1)
  expect(withoutNoise(2, 1)).toBe(2)
  expect(withoutNoise(0.5, 1)).toBe(0.5)
})

test('waste counts at least as an average class’s', () => {
  expect(pollution(1, 5)).toBe(5)
  expect(pollution(5, 1)).toBe(1)
  expect(pollution(0, 5)).toBe(1)
})

describe('riskOf', () => {
  test('is nothing for a worker that does not fail', () => expect(riskOf(0, 2)).toBe(0))
  test('is a cold request for one that fails half of them', () => expect(riskOf(0.5, 2)).toBe(2))
  test('is finite for one that fails all', () => expect(riskOf(1, 2)).toBeCloseTo(198, 9))
})
