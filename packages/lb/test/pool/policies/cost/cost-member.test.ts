import { describe, expect, test } from 'vitest'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { traitsOf } from '../../support/play.ts'

/** A worker that got requests of 10 ms at these times, and has ended none. */
function setUp(concurrency: number, ...begins: number[]) {
  const member = new CostMember('w1', traitsOf('w1', { concurrency }), 0)
  for (const now of begins) {
    member.begin(0.01, 0.01, now)
    member.backlog++
  }
  const end = (now: number) => {
    member.end(0.01, now)
    member.backlog--
  }
  return { member, end }
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
    for (let i = 0; i < 500; i++) member.cachePressure.learn(0.1, 0.01)
    expect(member.priceOfWaste(0)).toBe(2)
  })
})

describe('an upgraded connection', () => {
  test('is no work, and delays and crowds nobody', () => {
    const { member, end } = setUp(2, 0, 0, 0)
    for (let i = 0; i < 3; i++) member.answer(0.01, 0.004, true)
    member.upgrade(0.01, 0.004)
    member.upgrade(0.01, 0.004)
    expect(member.wait(0.004, 0)).toBeCloseTo(0.005)
    expect(member.crowding(1_000)).toBeCloseTo(0)
    expect(member.meanBacklogPerSlot(1_000)).toBeCloseTo(0.5)
    end(1_000)
    expect(member.wait(1_000, 0)).toBe(0)
    expect(member.backlog).toBe(2)
    member.closeUpgraded()
    member.backlog--
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
