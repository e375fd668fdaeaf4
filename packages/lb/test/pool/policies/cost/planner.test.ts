import { describe, expect, test } from 'vitest'
import { ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { Planner } from '../../../../src/pool/policies/cost/planner.ts'
import { traitsOf } from '../../support/play.ts'

const careful = { gap: 0.5, cachePressure: 1 }
const bold = { gap: 0.5, cachePressure: 0 }

/** Three workers; w1 is busy with these classes, given as the part of its time that each takes. */
function setUp(loads: Record<string, number>, backlog = 3, context = careful) {
  const classStats = new ClassStats(100, () => {})
  const table = new MemberTable()
  const members = ['w1', 'w2', 'w3'].map(
    (name) => new CostMember(name, traitsOf(name), table.add(traitsOf(name), 0)),
  )
  const [w1, w2, w3] = members as [CostMember<string>, CostMember<string>, CostMember<string>]
  for (let i = 0; i < backlog; i++) table.begin(w1.number, 1, 1, 0)
  table.begin(w2.number, 1, 1, 0)
  const report = (now: number) => {
    for (const [name, load] of Object.entries(loads)) {
      classStats.read(0, name, { score: 100, seconds: 0.01, count: 50, rate: load / 0.01 }, now)
    }
  }
  const planner = new Planner<string>(table)
  const look = (...times: number[]) => {
    for (const now of times) {
      report(now)
      planner.look(members, classStats, now, context)
    }
  }
  const homeOf = (name: string, now: number) => planner.homeOf(classStats.use(name), now)?.worker
  return { table, planner, classStats, members, w1, w3, look, homeOf }
}

describe('Planner', () => {
  test('makes the idlest a home of the class of the busiest whose requests it saves most waiting', () => {
    const { classStats, look, homeOf } = setUp({ much: 0.6, little: 0.1 })
    classStats.read(2, 'own', { score: 100, seconds: 0.01, count: 50, rate: 10 }, 11)
    look(10, 11)
    const homes = ['much', 'little', 'own'].map((name) => homeOf(name, 11))
    expect(homes).toEqual(['w3', undefined, undefined])
  })

  test('prefers a class without another home that is as idle', () => {
    const { classStats, look, homeOf } = setUp({ shared: 0.6, little: 0.4 })
    // At w2 one request is in progress, at w1 there are three.
    const atOther = { score: 100, seconds: 0.01, count: 50, rate: 10 }
    for (const now of [10, 11]) {
      classStats.read(1, 'shared', atOther, now)
      look(now)
    }
    expect([homeOf('shared', 11), homeOf('little', 11)]).toEqual([undefined, 'w3'])
  })

  test('takes no class that is a trifle', () => {
    const { look, homeOf } = setUp(
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t${i}`, 0.015])),
    )
    look(10, 11, 12, 13)
    for (let i = 0; i < 60; i++) expect(homeOf(`t${i}`, 13)).toBeUndefined()
  })

  test('believes a difference only when it sees it twice', () => {
    const { look, homeOf } = setUp({ much: 0.8 })
    look(10)
    expect(homeOf('much', 10)).toBeUndefined()
    look(11)
    expect(homeOf('much', 11)).toBe('w3')
  })

  test('does nothing while all are about as busy', () => {
    const { look, homeOf } = setUp({ much: 0.8 }, 1, { ...careful, gap: 1.5 })
    look(10, 11, 12, 13)
    expect(homeOf('much', 13)).toBeUndefined()
  })

  test('is bolder where caches have room', () => {
    const one = setUp({ much: 0.2 }, 3, careful)
    one.look(10, 11, 12, 13)
    expect(one.homeOf('much', 13)).toBeUndefined()
    const other = setUp({ much: 0.2 }, 3, bold)
    other.look(10, 11)
    expect(other.homeOf('much', 11)).toBe('w3')
  })

  test('leaves a class where it is that is too dear to load for what is gained', () => {
    const { classStats, look, homeOf } = setUp({ dear: 0.8 })
    const costs = { warm: 0, cold: 0, pollution: 1, isFlat: false, homes: 1 }
    // Cold it takes 4 s, warm 10 ms: eight such requests are more than half of 20 s.
    const dear = classStats.use('dear')
    const skill = { score: 1, seconds: 0.01, count: 1, rate: 0 }
    for (let i = 0; i < 10; i++) classStats.learnTimes(0, dear, 4, skill)
    look(9)
    classStats.countPenalty(dear, classStats.appraise(costs, dear, 1, 0.5, 9))
    look(10, 11, 12)
    expect(homeOf('dear', 12)).toBeUndefined()
  })

  test('spreads the most demanding class where caches have room, at the first look', () => {
    const one = setUp({ much: 0.8, little: 0.1 }, 2, careful)
    one.look(10)
    expect(one.homeOf('much', 10)).toBeUndefined()
    const other = setUp({ much: 0.8, little: 0.1 }, 2, bold)
    other.look(10)
    expect(['much', 'little'].map((name) => other.homeOf(name, 10))).toEqual(['w3', undefined])
  })

  test('tells the other load balancers what it plans', () => {
    const { w3, look } = setUp({ much: 0.8 }, 2, bold)
    const announced: unknown[] = []
    w3.traits = { ...w3.traits, announce: (home) => announced.push(home) }
    look(10)
    expect(announced).toEqual([{ requestClass: 'much', delay: 0, seconds: 20 }])
  })

  test('plans no home at a worker where another load balancer plans', () => {
    const { w3, look, homeOf } = setUp({ much: 0.8 })
    w3.traits = { ...w3.traits, follows: true }
    look(10, 11)
    expect(homeOf('much', 11)).toBe('w2')
    const other = setUp({ much: 0.8 })
    for (const member of other.members) member.traits = { ...member.traits, follows: true }
    other.look(10, 11, 12)
    expect(other.homeOf('much', 12)).toBeUndefined()
  })

  test('takes over what another load balancer has planned', () => {
    const { planner, classStats, w1, w3, homeOf } = setUp({})
    const number = classStats.use('a')
    planner.follow(number, { member: w3, instead: w1, delay: 5, seconds: 20 }, 10)
    expect([14, 15, 34, 35].map((now) => homeOf('a', now))).toEqual([
      ...[undefined, 'w3'],
      ...['w3', undefined],
    ])
    expect(planner.leftBy(number)).toBe(w1.number)
  })

  test.each([
    ['gets warm', true, [undefined, 'w3']],
    ['cannot get warm', false, ['w3', 'w3']],
  ])('a new home that %s in advance has time for that', (_what, isPossible, homes) => {
    const { w3, look, homeOf } = setUp({ much: 0.8 }, 2, bold)
    const prepared: string[] = []
    const prepare = (name: string) => prepared.push(name) > 0 && isPossible
    w3.traits = { ...w3.traits, prepare }
    look(10, 11)
    expect(prepared).toEqual(['much'])
    expect([homeOf('much', 11), homeOf('much', 16)]).toEqual(homes)
  })

  test('spreads a class to no worker that has it already', () => {
    const { classStats, look, homeOf } = setUp({ much: 0.8 }, 2, bold)
    classStats.read(2, 'much', { score: 100, seconds: 0.01, count: 50, rate: 1 }, 9)
    look(10)
    expect(homeOf('much', 10)).toBeUndefined()
  })

  test('spreads a class further when its last home is warm, not before', () => {
    for (const count of [1, 50]) {
      const { table, classStats, w3, look, homeOf } = setUp({ much: 0.8 }, 4, bold)
      look(10)
      expect(homeOf('much', 10)).toBe('w3')
      classStats.read(2, 'much', { score: 100, seconds: 0.01, count, rate: 1 }, 10)
      // Now w2 is the idlest.
      for (let i = 0; i < 3; i++) table.begin(w3.number, 1, 1, 10)
      look(12)
      expect(homeOf('much', 12)).toBe(count === 1 ? 'w3' : 'w2')
    }
  })

  test('does nothing about a backlog that is not the worker’s own time', () => {
    const { look, homeOf } = setUp({ much: 0.2 })
    look(10, 11, 12, 13)
    expect(homeOf('much', 13)).toBeUndefined()
  })

  test('names the worker that a class leaves, because its caches overflow, for its new home', () => {
    const loads = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`c${i}`, 0.01 + i / 100]))
    const { table, planner, classStats, w1, look, homeOf } = setUp(loads, 1, {
      ...careful,
      gap: 9,
    })
    for (let i = 0; i < 500; i++) table.overflows.learn(0, i % 10 === 0 ? 0.1 : 0.01, 0.01)
    look(10, 11, 12)
    const leftBy = (name: string) => planner.leftBy(classStats.use(name))
    expect([homeOf('c0', 12), leftBy('c0')]).toEqual(['w3', 0])
    expect([homeOf('c1', 12), leftBy('c1')]).toEqual([undefined, -1])
    w1.present = false
    expect(leftBy('c0')).toBe(-1)
  })

  test('ends the hospitality after a while, or when the host leaves, or the class is forgotten', () => {
    const { planner, classStats, w3, look, homeOf } = setUp({ much: 0.8 })
    look(10, 11)
    expect(homeOf('much', 30.9)).toBe('w3')
    expect(homeOf('much', 31)).toBeUndefined()
    look(40, 41)
    w3.present = false
    expect(homeOf('much', 41)).toBeUndefined()
    w3.present = true
    look(50, 51)
    planner.forget(classStats.use('much'))
    expect(homeOf('much', 51)).toBeUndefined()
  })

  test('looks at no workers without harm', () => {
    const planner = new Planner<string>(new MemberTable())
    planner.look([], new ClassStats(1, () => {}), 10, careful)
    expect(planner.homeOf(0, 10)).toBeUndefined()
  })
})
