import { describe, expect, test } from 'vitest'
import { Random } from '../../simulate/random.ts'
import type { Noise } from '../../simulate/scenario.ts'
import { baseSite } from '../../simulate/scenarios.ts'
import { Workload } from '../../simulate/workload.ts'

const draws = 20_000

function counts(site: typeof baseSite): number[] {
  const workload = new Workload(site, new Random('a'))
  const result = new Array(site.classes).fill(0)
  for (let i = 0; i < draws; i++) result[workload.next(0).classIndex]++
  return result
}

test('streams of one seed are the same, and those of different names are not', () => {
  const numbers = (random: Random): number[] => Array.from({ length: 5 }, () => random.next())
  expect(numbers(new Random('1').split('x'))).toEqual(numbers(new Random('1').split('x')))
  expect(numbers(new Random('1').split('x'))).not.toEqual(numbers(new Random('1').split('y')))
  expect(numbers(new Random('1').split('x'))).not.toEqual(numbers(new Random('2').split('x')))
})

describe('popularity', () => {
  test('by Zipf falls with the power of the place', () => {
    const [first, , , fourth] = counts({ ...baseSite, popularity: { kind: 'zipf', exponent: 1 } })
    expect(first! / fourth!).toBeGreaterThan(3.4)
    expect(first! / fourth!).toBeLessThan(4.6)
  })

  test('of a hot class is what it is said to be', () => {
    const [first] = counts({ ...baseSite, hotShare: 0.3 })
    expect(first! / draws).toBeCloseTo(0.3, 1)
  })

  test('moves to other classes when it is shuffled, and demand with it', () => {
    const workload = new Workload(baseSite, new Random('a'))
    const demands = (): number[] => Array.from({ length: 120 }, (_, i) => workload.demand(i))
    const before = demands()
    workload.shuffle(new Random('b'))
    const after = demands()
    expect(after).not.toEqual(before)
    expect(after.toSorted()).toEqual(before.toSorted())
    workload.drift(5, new Random('c'))
    expect(demands().toSorted()).toEqual(before.toSorted())
  })
})

test('a request needs as many different objects of its class as it should', () => {
  const workload = new Workload(baseSite, new Random('a'))
  for (let i = 0; i < 100; i++) {
    const { objects, classIndex } = workload.next(0)
    expect(new Set(objects).size).toBe(baseSite.touches)
    for (const object of objects) expect(Math.floor(object / baseSite.objects)).toBe(classIndex)
  }
})

const noises: Noise[] = [
  { kind: 'none' },
  { kind: 'exponential' },
  { kind: 'lognormal', sigma: 0.5 },
  { kind: 'tail', share: 0.05, factor: 20 },
]

test.each(noises)('noise has a mean of 1: $kind', (noise) => {
  const workload = new Workload({ ...baseSite, noise }, new Random('a'))
  let sum = 0
  for (let i = 0; i < draws; i++) sum += workload.next(0).noise
  expect(sum / draws).toBeGreaterThan(0.93)
  expect(sum / draws).toBeLessThan(1.07)
})
