import { describe, expect, test } from 'vitest'
import { FleetLoad } from '../../../../src/pool/policies/cost/fleet-load.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { traitsOf } from '../../support/play.ts'

/** Two members, of which the first has two slots of half the capacity. */
function setUp() {
  const table = new MemberTable()
  const small = table.add(traitsOf('w1', { concurrency: 2, capacity: 0.5 }), 0)
  const other = table.add(traitsOf('w2'), 0)
  const load = new FleetLoad(table)
  load.setMembers(Int32Array.of(other, small))
  const look = (now: number) => {
    load.look(now)
    return [...load.backlogs]
  }
  return { table, small, other, load, look }
}

describe('FleetLoad', () => {
  test('counts requests in progress by the capacity of their worker, in the order of the list', () => {
    const { table, small, other, look } = setUp()
    table.begin(small, 1, 1, 0)
    expect(look(0)).toEqual([0, 2])
    table.setOthers(other, { requests: 3, seconds: 3 }, 0)
    expect(look(0)).toEqual([3, 2])
  })

  test('counts the looks that are kept in the means', () => {
    const { table, small, other, load, look } = setUp()
    look(0)
    load.keep()
    expect(load.busyness).toBe(0)
    for (const member of [small, other]) table.begin(member, 1, 1, 0)
    look(60)
    const once = load.busyness
    look(60)
    expect(load.busyness).toBe(once)
    load.keep()
    look(600)
    expect(load.busyness).toBeGreaterThan(once)
  })
})
