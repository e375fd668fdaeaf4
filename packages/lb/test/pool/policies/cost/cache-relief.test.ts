import { describe, expect, test, vi } from 'vitest'
import { CacheRelief, type PlannedHome } from '../../../../src/pool/policies/cost/cache-relief.ts'
import { ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { traitsOf } from '../../support/play.ts'

interface Setting {
  /** How many classes each worker holds; the first of them is used least. */
  readonly held: readonly number[]
  /** The part of its requests that is slow. */
  readonly slow: readonly number[]
  /** Classes of the first worker that another one, by number, holds as well. */
  readonly shared?: Readonly<Record<string, number>>
}

function setUp({ held, slow, shared = {} }: Setting) {
  const classStats = new ClassStats(100_000, () => {})
  const table = new MemberTable()
  const members = held.map(
    (_, i) => new CostMember(`w${i}`, traitsOf(`w${i}`), table.add(traitsOf(`w${i}`), 0)),
  )
  for (const [i, part] of slow.entries()) {
    for (let n = 1; n <= 1000; n++) {
      const isSlow = Math.floor(n * part) > Math.floor((n - 1) * part)
      table.overflows.learn(i, isSlow ? 0.1 : 0.01, 0.01)
    }
  }
  const report = (now: number) => {
    const read = (member: number, name: string, rate: number) =>
      classStats.read(member, name, { score: 100, seconds: 0.01, count: 50, rate }, now)
    for (const [i, count] of held.entries()) {
      for (let n = 0; n < count; n++) read(i, `w${i} c${n}`, n + 1)
    }
    for (const [name, member] of Object.entries(shared)) read(member, name, 1)
  }
  const homes = new Map<number, PlannedHome<string>>()
  const relief = new CacheRelief<string>(table)
  const look = (now: number): string[] => {
    report(now)
    const moves: string[] = []
    for (const { classNumber, from, to } of relief.look({ members, homes, classStats, now })) {
      homes.set(classNumber, { member: to, instead: from })
      moves.push(`${classStats.nameOf(classNumber)} to ${to.worker}`)
    }
    return moves
  }
  const lookThrice = () => [10, 11, 12].flatMap(look)
  const load = (member: number, name: string) => {
    homes.set(classStats.use(name), { member: members[member]!, instead: undefined })
  }
  return { look, lookThrice, load, members, skills: classStats.skills }
}

describe('CacheRelief', () => {
  test('moves the least used class of a worker that overflows to the one that holds fewest', () => {
    const { lookThrice } = setUp({ held: [9, 7, 5, 6], slow: [0.1, 0, 0, 0] })
    expect(lookThrice()).toEqual(['w0 c0 to w2'])
  })

  test('believes in an overflow only when it sees it three times', () => {
    const { look } = setUp({ held: [9, 5, 5, 5], slow: [0.1, 0, 0, 0] })
    expect([look(10), look(11)]).toEqual([[], []])
    expect(look(12)).toHaveLength(1)
  })

  test('lets a class go to another home that it has', () => {
    const shared = { 'w0 c0': 1 }
    const { lookThrice } = setUp({ held: [9, 8, 5, 5], slow: [0.1, 0, 0, 0], shared })
    expect(lookThrice()).toEqual(['w0 c0 to w1'])
  })

  test('moves classes only to workers for which no other load balancer plans', () => {
    const shared = { 'w0 c0': 1 }
    const { lookThrice, members } = setUp({ held: [9, 8, 5, 6], slow: [0.1, 0, 0, 0], shared })
    for (const member of [members[1]!, members[2]!]) {
      member.traits = { ...member.traits, follows: true }
    }
    expect(lookThrice()).toEqual(['w0 c1 to w3'])
  })

  test.each([
    ['others hold nearly as many', { held: [9, 8, 8, 8], slow: [0.1, 0, 0, 0] }],
    ['others have slow requests as well', { held: [9, 5, 5, 5], slow: [0.1, 0.02, 0.02, 0.02] }],
    ['half of the workers overflow', { held: [9, 9, 5, 5], slow: [0.1, 0.1, 0, 0] }],
    ['one that overflows holds no more', { held: [9, 5, 4, 4, 4, 4, 4], slow: [0.1, 0.1] }],
    ['hardly any request is slow', { held: [9, 5, 5, 5], slow: [0.01, 0, 0, 0] }],
    ['there is one worker', { held: [9], slow: [0.2] }],
  ])('moves nothing where %s', (_what, setting) => {
    expect(setUp(setting).lookThrice()).toEqual([])
  })

  test('waits while the worker is loading a class: its slow requests are due to that', () => {
    const { lookThrice, load } = setUp({ held: [9, 5, 5, 5], slow: [0.1, 0, 0, 0] })
    load(0, 'new')
    expect(lookThrice()).toEqual([])
  })

  test('counts classes that are on their way, so that no worker gets too many at a time', () => {
    const setting = { held: [9, 9, 5, 7, 7, 7, 7, 7], slow: [0.1, 0.1, 0, 0, 0, 0, 0, 0] }
    const [first, second] = setUp(setting).lookThrice()
    expect([first, second].map((move) => move?.replace(/.* to /, ''))).toEqual(['w2', 'w2'])
    const tight = { ...setting, held: [9, 9, 6, 8, 8, 8, 8, 8] }
    expect(setUp(tight).lookThrice()).toHaveLength(1)
  })

  test('takes at least three looks from one move off a worker to the next', () => {
    const { lookThrice, look } = setUp({ held: [12, 2, 2, 2], slow: [0.1, 0, 0, 0] })
    expect(lookThrice()).toHaveLength(1)
    expect([look(13), look(14)]).toEqual([[], []])
    expect(look(15)).toHaveLength(1)
  })

  test('reads a limited number of skills at a look, and still finds a move', () => {
    const held = [3000, 2000, 2000, 2000, 2000, 2000]
    const { look, skills } = setUp({ held, slow: [0.1, 0, 0, 0, 0, 0] })
    look(10)
    look(11)
    const reads = vi.spyOn(skills, 'after')
    expect(look(12)).toHaveLength(1)
    expect(reads.mock.calls.length).toBeLessThanOrEqual(10_000)
  })
})
