import type { Resume } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { hottestClasses, rareClasses, servedClasses } from '../../src/warm-up/hottest-classes.ts'

const resumeOf = (skills: Record<string, [count: number, seconds: number]>): Resume =>
  new Map(
    Object.entries(skills).map(([name, [count, seconds]]) => [
      name,
      { score: 1, seconds, count, rate: 0 },
    ]),
  )

test('the class with the most work comes first', () => {
  const resume = resumeOf({ a: [10, 0.1], b: [20, 0.01], c: [30, 0.1] })
  expect(hottestClasses(resume, 10)).toEqual(['c', 'a', 'b'])
})

test('classes that make up the last twentieth of the requests are left out', () => {
  const resume = resumeOf({ a: [60, 0.01], b: [36, 0.01], c: [2, 0.01], d: [2, 1] })
  expect(hottestClasses(resume, 10)).toEqual(['a', 'b'])
})

test('there are no more than the limit', () => {
  const resume = resumeOf({ a: [10, 0.1], b: [20, 0.1], c: [30, 0.1] })
  expect(hottestClasses(resume, 2)).toEqual(['c', 'b'])
  expect(hottestClasses(new Map(), 2)).toEqual([])
})

test('the classes that are left out are rare, whatever the limit', () => {
  const resume = resumeOf({ a: [60, 0.01], b: [36, 0.01], c: [2, 0.01], d: [2, 1] })
  expect(hottestClasses(resume, 1)).toEqual(['a'])
  expect(rareClasses(resume)).toEqual(['c', 'd'])
})

test('a worker that leaves has served all classes that it has not nearly forgotten', () => {
  const resume = resumeOf({ a: [60, 0.01], b: [0.9, 1], c: [2, 0.01] })
  expect(servedClasses(resume, 10)).toEqual(['a', 'c'])
  expect(servedClasses(resume, 1)).toEqual(['a'])
})
