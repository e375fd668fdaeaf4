import { expect, test } from 'vitest'
import { maxRenewals, RecentExplanations } from '../../src/admin/recent-explanations.ts'

function setUp(classes: number) {
  let count = 0
  const explanations = new RecentExplanations(() => {
    count++
    return undefined
  })
  /** How many explanations are made when all classes are asked for. */
  const askAll = (now: number) => {
    const before = count
    for (let i = 0; i < classes; i++) explanations.of(`class ${i}`, now)
    return count - before
  }
  return { askAll }
}

test('the explanations of few classes are always new', () => {
  const { askAll } = setUp(50)
  expect([askAll(0), askAll(1), askAll(2)]).toEqual([50, 50, 50])
})

test('those of many classes are made once, and then renewed in turn, some each second', () => {
  const { askAll } = setUp(1_000)
  expect(askAll(0)).toBe(1_000)
  expect(askAll(1)).toBe(0)
  for (let now = 10; now < 40; now++) expect(askAll(now)).toBe(maxRenewals)
})

test('asking more often than once a second renews no more of them', () => {
  const { askAll } = setUp(80)
  const made = [0, 0.1, 0.2, 0.3].map(askAll)
  expect(made[0]).toBe(80)
  expect(made.slice(1).reduce((sum, one) => sum + one)).toBeLessThanOrEqual(maxRenewals)
})
