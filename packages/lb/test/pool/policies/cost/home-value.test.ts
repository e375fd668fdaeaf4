import { describe, expect, test } from 'vitest'
import { ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { homeValue } from '../../../../src/pool/policies/cost/home-value.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { traitsOf } from '../../support/play.ts'

const skill = { score: 100, seconds: 0.01, count: 50, rate: 40 }

/** Workers with constant backlogs, as of 100 s. */
function setUp(...backlogs: number[]) {
  const classStats = new ClassStats(100, () => {})
  const table = new MemberTable()
  for (const [i, backlog] of backlogs.entries()) {
    const member = table.add(traitsOf(`w${i}`), 0)
    for (let n = 0; n < backlog; n++) table.begin(member, 1, 1, 0)
  }
  const read = (member: number, now: number, changes = {}) =>
    classStats.read(member, 'a', { ...skill, ...changes }, now)
  const value = (member: number) =>
    homeValue(classStats.use('a'), member, { table, classStats, now: 100 })
  return { read, value }
}

describe('homeValue', () => {
  test('is the demand for the class × how much less there is to do than at its home', () => {
    const { read, value } = setUp(5, 2, 7)
    read(0, 100)
    expect(value(1)).toBeCloseTo(0.4 * 3)
    expect(value(2)).toBeCloseTo(0.4 * -2)
  })

  test('counts the demand at all homes, and the backlog of the idlest of them', () => {
    const { read, value } = setUp(5, 3, 2)
    read(0, 100)
    read(1, 100, { rate: 20 })
    expect(value(2)).toBeCloseTo(0.6 * 1)
  })

  test('is nothing for a member that is a home', () => {
    const { read, value } = setUp(5, 0)
    read(0, 100)
    read(1, 100, { rate: 1 })
    expect(value(1)).toBe(0)
  })

  test.each([
    ['has not served it lately', 89, 50],
    ['has served it once', 100, 1],
  ])('takes no worker for a home that %s', (_what, at, count) => {
    const { read, value } = setUp(5, 1, 0)
    read(0, 100)
    read(1, at, { rate: 0, count })
    expect(value(1)).toBeCloseTo(0.4 * 4)
    expect(value(2)).toBeCloseTo(0.4 * 5)
  })

  test('is nothing for a class that has no home', () => {
    expect(setUp(5, 0).value(1)).toBe(0)
  })
})
