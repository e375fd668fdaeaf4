import { describe, expect, test } from 'vitest'
import { Members } from '../../../../src/pool/members.ts'
import { ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { CommonHomes } from '../../../../src/pool/policies/cost/common-homes.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import type { WorkerTraits } from '../../../../src/pool/pool.ts'
import { RendezvousTable } from '../../../../src/pool/structures/rendezvous-table.ts'
import { traitsOf } from '../../support/play.ts'

/** The homes that one of two load balancers plans. */
function setUp({ maxClasses = 100 } = {}) {
  const table = new MemberTable()
  const members = new Members<string, CostMember<string>>(
    (worker, traits) => new CostMember(worker, traits, table.add(traits, 0)),
  )
  const order = new RendezvousTable<number>()
  const classStats = new ClassStats(maxClasses, (classNumber) => homes.forget(classNumber))
  const homes = new CommonHomes<string>({ members, classStats, order })
  const add = (workers: readonly string[], more: Partial<WorkerTraits> = {}) => {
    for (const worker of workers) {
      const traits = traitsOf(worker, { balancers: 2, ...more })
      members.update(worker, { traits }, ({ number }) => order.add(number, worker, 1))
      homes.update()
    }
  }
  const join = (...workers: string[]) => add(workers)
  const joinAsStandby = (...workers: string[]) => add(workers, { standby: true })
  const leave = (worker: string) => {
    const member = members.remove(worker)
    if (member === undefined) return
    order.remove(member.number)
    homes.leave(member.number)
  }
  const look = (from: number, to = from) => {
    for (let now = from; now <= to; now++) homes.look(now, 0.5)
  }
  const ask = (requestClass: string) => homes.count(classStats.use(requestClass))
  const homesOf = (requestClass: string) =>
    homes
      .homesOf(classStats.use(requestClass))
      ?.map((home) => members.list.find(({ number }) => number === home)?.worker)
  return { join, joinAsStandby, leave, look, ask, homesOf }
}

describe('CommonHomes', () => {
  test('plans a class that is new after the first request of it', () => {
    const { join, look, ask, homesOf } = setUp()
    join('w1', 'w2', 'w3')
    ask('a')
    expect(homesOf('a')).toBeUndefined()
    look(1)
    expect(homesOf('a')).toHaveLength(1)
  })

  test('does so as well if workers come long after the load balancer has begun', () => {
    const { join, look, ask, homesOf } = setUp()
    look(0, 300)
    join('w1', 'w2', 'w3')
    ask('a')
    look(301)
    expect(homesOf('a')).toHaveLength(1)
  })

  test('plans no home of a class that is hardly requested any more', () => {
    const { join, look, ask, homesOf } = setUp()
    join('w1', 'w2', 'w3')
    ask('a')
    look(1, 50)
    expect(homesOf('a')).toHaveLength(1)
    look(51, 80)
    expect(homesOf('a')).toBeUndefined()
    ask('a')
    look(81)
    expect(homesOf('a')).toBeUndefined()
  })

  test('gives a class nothing of the one that had its number before', () => {
    const { join, look, ask, homesOf } = setUp({ maxClasses: 1 })
    join('w1', 'w2', 'w3')
    look(1, 100)
    for (let i = 0; i < 5; i++) ask('a')
    look(101)
    expect(homesOf('a')).toHaveLength(1)
    ask('invented')
    expect(homesOf('invented')).toBeUndefined()
    look(102)
    expect(homesOf('invented')).toBeUndefined()
  })

  test('plans no home at a worker that has left, even if another one gets its number', () => {
    const { join, leave, look, ask, homesOf } = setUp()
    join('w1', 'w2', 'w3')
    ask('a')
    look(1)
    const [home = ''] = homesOf('a') ?? []
    leave(home)
    join('w4')
    expect(homesOf('a')).toEqual([])
    look(2)
    expect(homesOf('a')).toHaveLength(1)
    expect(homesOf('a')).not.toContain(home)
  })
  test('plans homes at standby workers only if there are no others', () => {
    const { join, joinAsStandby, look, ask, homesOf } = setUp()
    const names = Array.from({ length: 20 }, (_, i) => `class ${i}`)
    const workers = () => new Set(names.flatMap((name) => homesOf(name)))
    joinAsStandby('s1', 's2', 's3')
    for (const name of names) ask(name)
    look(1)
    expect(workers()).toEqual(new Set(['s1', 's2', 's3']))
    join('w1', 'w2', 'w3')
    look(2)
    expect(workers()).toEqual(new Set(['w1', 'w2', 'w3']))
  })
})
