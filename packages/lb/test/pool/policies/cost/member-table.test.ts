import { describe, expect, test } from 'vitest'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { traitsOf } from '../../support/play.ts'

/** A member that got requests of 10 ms at these times, and has ended none. */
function setUp(concurrency: number, ...begins: number[]) {
  const table = new MemberTable()
  table.add(traitsOf('other'), 0)
  const number = table.add(traitsOf('w1', { concurrency }), 0)
  for (const now of begins) table.begin(number, 0.01, 0.01, now)
  const member = {
    wait: (now: number, predictability: number) => table.wait(number, now, predictability),
    priceOfWaste: (now: number) => table.priceOfWaste(number, now),
    meanBacklogPerSlot: (now: number) => table.meanBacklogPerSlot(number, now),
    crowding: (now: number) => table.crowding(number, now),
    overdue: (now: number) => table.overdue(number, now),
    answer: (now: number, isAlive = true) => table.answer(number, 0.01, now, isAlive),
    learn: (seconds: number) => table.cachePressures.learn(number, seconds, 0.01),
  }
  return { table, number, member, end: (now: number) => table.end(number, 0.01, now) }
}

describe('wait', () => {
  test('is the work in progress by slots where times cannot be predicted', () => {
    expect(setUp(1, 0, 0).member.wait(0.004, 0)).toBeCloseTo(0.02)
    expect(setUp(2, 0, 0, 0).member.wait(0.004, 0)).toBeCloseTo(0.015)
  })

  test('falls as the running requests run, those that wait do not', () => {
    expect(setUp(1, 0, 0).member.wait(0.004, 1)).toBeCloseTo(0.016)
    expect(setUp(2, 0, 0.002, 0.002).member.wait(0.004, 1)).toBeCloseTo((0.03 - 0.006) / 2)
    expect(setUp(1, 0, 0).member.wait(0.004, 0.5)).toBeCloseTo(0.018)
  })

  test('takes the next in line to have begun when one ends', () => {
    const { member, end } = setUp(1, 0, 0)
    end(0.01)
    expect(member.wait(0.01, 1)).toBeCloseTo(0.01)
    expect(member.wait(0.013, 1)).toBeCloseTo(0.007)
    end(0.02)
    expect(member.wait(0.02, 1)).toBe(0)
  })

  test('does not fall below the requests that wait, however late the running ones are', () => {
    expect(setUp(1, 0, 0).member.wait(0.019, 1)).toBeCloseTo(0.01)
  })
})

describe('the price of waste', () => {
  test('is the mean backlog per slot, or the present one where that is more', () => {
    const { member, end } = setUp(2, 0, 0, 0, 0)
    expect(member.priceOfWaste(0)).toBe(2)
    for (let i = 0; i < 3; i++) end(10)
    const mean = member.meanBacklogPerSlot(10.1)
    expect(mean).toBeGreaterThan(0.5)
    expect(member.priceOfWaste(10.1)).toBe(mean)
  })

  test('doubles where caches lose what they hold', () => {
    const { member } = setUp(1, 0)
    for (let i = 0; i < 500; i++) member.learn(0.1)
    expect(member.priceOfWaste(0)).toBe(2)
  })
})

describe('an upgraded connection', () => {
  test('is no work, and neither delays requests nor crowds classes out', () => {
    const { member, end } = setUp(2, 0, 0, 0)
    for (let i = 0; i < 3; i++) member.answer(0.004)
    // Two are upgraded.
    end(0.004)
    end(0.004)
    expect(member.wait(0.004, 0)).toBeCloseTo(0.005)
    expect(member.crowding(1_000)).toBeCloseTo(0)
    expect(member.meanBacklogPerSlot(1_000)).toBeCloseTo(0.5)
    end(1_000)
    expect(member.wait(1_000, 0)).toBe(0)
  })
})

describe('crowding', () => {
  test('is 0 at a worker of one slot: no one shares it', () => {
    expect(setUp(1, 0, 0, 0).member.crowding(0)).toBe(0)
  })

  test('compares the backlog with the usual one, as far as there are slots', () => {
    const { member, end } = setUp(3, 0, 0, 0, 0, 0, 0)
    expect(member.crowding(0)).toBeCloseTo(2)
    expect(member.crowding(60)).toBeCloseTo(0)
    for (let i = 0; i < 6; i++) end(60)
    expect(member.crowding(60)).toBeCloseTo(-2 / 3)
  })
})

describe('silence', () => {
  test('counts as wait from twice the time on that the requests take cold', () => {
    const { member } = setUp(1, 0, 0)
    expect(member.overdue(0.02)).toBe(0)
    expect(member.overdue(0.05)).toBeCloseTo(0.03)
    expect(member.wait(0.05, 0)).toBeCloseTo(0.02 + 0.03)
  })

  test('ends with an answer, and begins anew if more are owed', () => {
    const { member } = setUp(1, 0, 0)
    member.answer(0.05)
    expect(member.overdue(0.06)).toBe(0)
    expect(member.overdue(0.08)).toBeCloseTo(0.01)
    member.answer(0.08, false)
    expect(member.overdue(9)).toBe(0)
  })
})

test('the number of a member that has left goes to the next, without its past', () => {
  const { table, number } = setUp(1, 0, 0)
  table.failures.fail(number, 0)
  table.setOthers(number, { requests: 3, seconds: 3 }, 0)
  table.remove(number)
  expect(table.add(traitsOf('w2', { concurrency: 2 }), 5)).toBe(number)
  expect(table.wait(number, 5, 0)).toBe(0)
  expect(table.failures.at(number, 5)).toBe(0)
  expect(table.meanBacklogPerSlot(number, 6)).toBe(0)
  expect(table.weight(number)).toBe(2)
})
