import type { Skill } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { ClasslessPool } from '../../../src/pool/policies/classless-pool.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { EjectionPool } from '../../../src/pool/wrappers/ejection-pool.ts'
import { SharePool } from '../../../src/pool/wrappers/share-pool.ts'
import { StatesPool } from '../../../src/pool/wrappers/states-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player, repeat } from '../support/play.ts'

function setUp(share = 0.75) {
  const pool = new SharePool<string>(() => new StatesPool(() => new ClasslessPool()), share)
  return { pool, player: new Player(pool) }
}

/** Eight workers with one slot, at which two classes were served. */
const names = Array.from({ length: 8 }, (_, i) => `w${i + 1}`)
const eight = names.map((name) => `+${name}`).join(' ')
const served = 'a !w8 b !w7 a !w6 b !w5'

/**
 * Requests of these classes are open all the time, a hundred of each, until so many have ended.
 * Returns the workers that have them then.
 */
function flood(pool: SharePool<string>, requestClasses: readonly string[], ended = 1000) {
  const begin = (i: number) => {
    return pool.assign({ requestClass: requestClasses[i % requestClasses.length] ?? '' }, 0)
  }
  const open = Array.from({ length: 100 * requestClasses.length }, (_, i) => begin(i))
  for (let i = 0; i < ended; i++) {
    open.shift()?.finish(0, { result: 'served' })
    open.push(begin(i))
  }
  return new Set(open.map((assignment) => assignment?.worker ?? ''))
}

/** A worker gives a request of the class back. Returns which. */
function giveBack(
  pool: SharePool<string>,
  requestClass: string,
  waitedFor: 'own' | 'others',
  now: number,
): string | undefined {
  const assignment = pool.assign({ requestClass }, now)
  assignment?.finish(now, { result: 'refused', waitedFor })
  return assignment?.worker
}

function workersOf(played: string): Set<string> {
  return new Set(played.split(' '))
}

describe('SharePool', () => {
  describePoolContract((random) => new SharePool(() => new CostPool({}, random), 0.75))

  test('leaves workers to other classes when one has its share of the slots', () => {
    const { player } = setUp()
    player.play(`${eight} ${served}`)
    const taken = workersOf(player.play(repeat(200, 'a')))
    expect(taken.size).toBe(6)
    expect(taken.has(player.play('b'))).toBe(false)
  })

  test('leaves the same workers to others as other load balancers do', () => {
    const taken = Array.from({ length: 2 }, () => {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      return flood(pool, ['a'])
    })
    expect(taken[0]?.size).toBe(6)
    expect(taken[1]).toEqual(taken[0])
  })

  test('leaves these to others also where another class waits at one that it may have', () => {
    const alone = setUp()
    alone.player.play(`${eight} ${served}`)
    const taken = flood(alone.pool, ['a'])
    const { pool, player } = setUp()
    player.play(`${eight} ${served}`)
    const [busy = ''] = taken
    const others = names.filter((worker) => worker !== busy)
    player.play(repeat(300, ['b', ...others].join('^')))
    for (const worker of flood(pool, ['a'])) expect(taken).toContain(worker)
  })

  test('lets a class have any worker while its requests wait for those of others', () => {
    const { pool, player } = setUp()
    player.play(`${eight} ${served} b !w4`)
    const taken = flood(pool, ['a'])
    const left = names.filter((worker) => !taken.has(worker))
    expect(workersOf(player.play(repeat(60, ['b', ...left].join('^')))).size).toBe(6)
    giveBack(pool, 'b', 'others', 0)
    for (const worker of workersOf(player.play('b b b'))) expect(left).toContain(worker)
  })

  test('lets it have any worker for ten seconds, however often one of them is tried', () => {
    const { pool, player } = setUp()
    player.play(`${eight} ${served} b !w4`)
    const taken = flood(pool, ['a'])
    const left = names.filter((worker) => !taken.has(worker))
    player.play(repeat(60, ['b', ...left].join('^')))
    giveBack(pool, 'b', 'others', 0)
    const pick = { requestClass: 'b', wasGivenBack: true }
    expect(left).toContain(pool.explain(pick, 0)?.chosen)
    for (const now of [0, 9]) {
      const assignment = pool.assign(pick, now)
      expect(left).toContain(assignment?.worker)
      assignment?.finish(now, { result: 'abandoned' })
    }
    expect(left).not.toContain(pool.explain(pick, 11)?.chosen)
    expect(left).not.toContain(pool.assign(pick, 11)?.worker)
  })

  test('lets no class have any worker that waits for others, but hangs as well', () => {
    const { pool, player } = setUp()
    player.play(`${eight} ${served}`)
    const taken = flood(pool, ['a'])
    for (const waitedFor of ['own', 'others'] as const) {
      giveBack(pool, 'a', waitedFor, 0)
      const pick = { requestClass: 'a', wasGivenBack: true }
      expect(taken).toContain(pool.assign(pick, 0)?.worker)
    }
  })

  test('lets a request that waited for its class go back rather than to workers of others', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    const first = player.play('a')
    const pick = { requestClass: 'a', wasGivenBack: true }
    expect(pool.explain(pick, 0, new Set([first]))?.chosen).toBe(first)
    expect(pool.assign(pick, 0, new Set([first]))?.worker).toBe(first)
  })

  test('lets a class have all workers if no other has come for a minute', () => {
    const { player } = setUp()
    player.play(`${eight} ${served} 61`)
    expect(workersOf(player.play(repeat(40, 'a'))).size).toBe(8)
  })

  test('lets the only class have all workers', () => {
    const { player } = setUp()
    player.play(`${eight} a !w8`)
    expect(workersOf(player.play(repeat(40, 'a'))).size).toBe(8)
  })

  test('lets a class have its share while its requests end', () => {
    const { pool, player } = setUp()
    player.play(`+w1 +w2 +w3 +w4 a !w4 b !w3`)
    const taken = flood(pool, ['a'], 200)
    expect(taken.size).toBe(3)
    expect([...taken]).toContain(player.play('a'))
  })

  test('leaves one of two workers', () => {
    const { player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    expect(workersOf(player.play(repeat(5, 'a'))).size).toBe(1)
  })

  test('lets classes have the only worker', () => {
    const { player } = setUp()
    player.play('+w1 a !w1 b !w1')
    expect(player.play('a a b a')).toBe('w1 w1 w1 w1')
  })

  test('restricts no class where workers with several slots keep one for others', () => {
    const { player } = setUp()
    player.play('+w1*4 +w2*4 a !w2 b !w1')
    expect(workersOf(player.play(repeat(20, 'a'))).size).toBe(2)
  })

  test('gives one share to all classes that were never served', () => {
    const { player } = setUp()
    player.play(`${eight} ${served}`)
    const invented = Array.from({ length: 100 }, (_, i) => `new${i}`).join(' ')
    expect(workersOf(player.play(invented)).size).toBe(6)
  })

  describe('with new classes of other load balancers', () => {
    const begun = { score: 1, seconds: 1, count: 0, rate: 0 }
    const invented = Array.from({ length: 100 }, (_, i) => `new${i}`).join(' ')

    /** Six of eight workers have begun a class that is new to all. */
    function setUpBegun() {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      const six = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6']
      const tell = (worker: string, requestClass: string, skill: Skill | null) =>
        pool.update(worker, { changes: new Map([[requestClass, skill]]) }, 0)
      for (const worker of six) tell(worker, `other${worker}`, begun)
      return { pool, player, six, tell }
    }

    test('counts these in the one share, so that all leave the same workers to known ones', () => {
      const { player, six } = setUpBegun()
      expect(workersOf(player.play(invented))).toEqual(new Set(six))
    })

    test('lets a new class go where another load balancer has begun it', () => {
      const { player, tell } = setUpBegun()
      tell('w7', 'new', begun)
      expect(workersOf(player.play(invented)).has('w7')).toBe(true)
    })

    test.each([
      ['served', { ...begun, count: 1 }],
      ['given up', null],
    ])('counts none that was %s', (_, skill) => {
      const { player, six, tell } = setUpBegun()
      for (const worker of six) tell(worker, `other${worker}`, skill)
      expect(workersOf(player.play('new1 new2 new3 new4 new5 new6'))).not.toEqual(new Set(six))
    })

    test('counts none of a worker that says all of its skills anew', () => {
      const { player } = setUpBegun()
      player.play('+w1 +w2 +w3 +w4 +w5 +w6 -w7 -w8 +w7 +w8')
      expect(workersOf(player.play('new1 new2'))).toEqual(workersOf('w7 w8'))
    })

    test('counts no class that is known', () => {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      for (const worker of workersOf('w1 w2 w3 w4 w5 w6')) {
        pool.update(worker, { changes: new Map([['a', begun]]) }, 0)
      }
      const first = player.play('new1')
      expect(workersOf(`${first} ${player.play('new2')}`)).not.toEqual(workersOf('w1 w2'))
    })
  })

  test('leaves workers to other new classes when one has requests that are never answered', () => {
    const { player } = setUp()
    player.play(`${eight} ${served}`)
    const taken = workersOf(player.play(repeat(200, 'hangs')))
    // Of the six that all new classes may have, it may have four.
    expect(taken.size).toBe(4)
    const others = workersOf(player.play('new new'))
    expect([...others].filter((worker) => taken.has(worker))).toEqual([])
    const all = new Set([...taken, ...others, ...workersOf(player.play(repeat(200, 'new')))])
    expect(all.size).toBe(6)
    for (const known of ['a', 'b']) expect(all.has(player.play(known))).toBe(false)
  })

  test('knows classes that a worker has served for others', () => {
    const { pool } = setUp()
    const skill = { score: 1, seconds: 1, count: 1, rate: 1 }
    const traits = { key: 'w1', concurrency: 1, version: '', state: 'ready' } as const
    pool.update('w1', { traits, resume: new Map([['a', skill]]) }, 0)
    pool.update(
      'w1',
      {
        changes: new Map([
          ['b', skill],
          ['c', null],
        ]),
      },
      0,
    )
    expect(['a', 'b', 'c'].map((name) => pool.knows(name))).toEqual([true, true, false])
  })

  test('says whether a class is known, and whether there are others', () => {
    const { pool, player } = setUp()
    player.play('+w1')
    const standingOf = (requestClass: string) => {
      const assignment = pool.assign({ requestClass }, 0)
      assignment?.finish(0, { result: 'served' })
      return assignment?.standing
    }
    expect(standingOf('a')).toEqual({ isKnown: false, hasOthers: false })
    expect(standingOf('a')).toEqual({ isKnown: true, hasOthers: false })
    expect(standingOf('b')).toEqual({ isKnown: false, hasOthers: true })
    expect(standingOf('a')).toEqual({ isKnown: true, hasOthers: true })
  })

  describe('with classes whose requests take long', () => {
    const hung = { result: 'served', seconds: 60 } as const

    test('has all of them leave the same workers to the others', () => {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      const slow = ['c', 'd', 'e']
      for (const requestClass of slow) pool.assign({ requestClass }, 0)?.finish(0, hung)
      const taken = flood(pool, slow)
      expect(taken.size).toBe(6)
      for (const requestClass of slow) {
        expect(taken).toContain(pool.explain({ requestClass }, 0)?.chosen)
      }
      expect(taken).not.toContain(player.play('b'))
    })

    test('lets them have all workers between them if no quick one has come for a minute', () => {
      const { pool, player } = setUp()
      player.play(eight)
      for (const requestClass of ['c', 'd']) pool.assign({ requestClass }, 0)?.finish(50, hung)
      player.play('61')
      expect(workersOf(player.play(repeat(200, 'c d'))).size).toBe(8)
    })

    test('counts requests that are in progress when the first of a new class ends', () => {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      const open = Array.from({ length: 50 }, () => pool.assign({ requestClass: 'new' }, 0))
      open.shift()?.finish(60, hung)
      const taken = new Set(open.map((assignment) => assignment?.worker))
      for (let i = 0; i < 50; i++) taken.add(pool.assign({ requestClass: 'new' }, 60)?.worker)
      expect(taken.size).toBeLessThanOrEqual(6)
    })
  })

  describe('with a worker that gives requests back', () => {
    function setUpBlocked() {
      const { pool, player } = setUp()
      player.play('+w1 +w2 a !w2 b !w1')
      const blocked = giveBack(pool, 'a', 'others', 0) ?? ''
      return { pool, player, blocked, other: blocked === 'w1' ? 'w2' : 'w1' }
    }

    test('sends requests to others, and says why', () => {
      const { pool, player, blocked, other } = setUpBlocked()
      expect(workersOf(player.play('b b b b'))).toEqual(new Set([other]))
      const roles = pool.explain({ requestClass: 'b' }, 0)?.candidates ?? []
      expect(roles.find(({ worker }) => worker === blocked)?.role).toBe('blocked')
    })

    test('sends it requests if no other worker can take them', () => {
      const { pool, blocked, other } = setUpBlocked()
      expect(pool.assign({ requestClass: 'b' }, 0, new Set([other]))?.worker).toBe(blocked)
    })

    test('sends it those of a class that hangs itself', () => {
      const { pool, blocked } = setUpBlocked()
      const slow = { result: 'served', seconds: 60 } as const
      pool.assign({ requestClass: 'hangs' }, 0)?.finish(0, slow)
      const roles = pool.explain({ requestClass: 'hangs' }, 0)?.candidates ?? []
      expect(roles.find(({ worker }) => worker === blocked)?.role).not.toBe('blocked')
    })

    test('sends it those of a class that hangs, but was new when they began', () => {
      const { pool, player } = setUp()
      player.play(`${eight} ${served}`)
      const [quick, hanging] = ['new', 'new'].map((requestClass) =>
        pool.assign({ requestClass }, 0),
      )
      quick?.finish(0, { result: 'served', seconds: 0.01 })
      hanging?.finish(2, { result: 'refused', waitedFor: 'own' })
      const roles = pool.explain({ requestClass: 'new' }, 2)?.candidates ?? []
      const role = roles.find(({ worker }) => worker === hanging?.worker)?.role
      expect(role).toBeDefined()
      expect(role).not.toBe('blocked')
    })

    test('sends it requests rather than have them fail at one that is ejected or unready', () => {
      const times = { maxFailures: 1, ejectionTime: 10, maxEjectionTime: 30 }
      const createStates = () => new StatesPool<string>(() => new ClasslessPool())
      const pool = new SharePool(() => new EjectionPool(createStates, times), 0.75)
      const player = new Player(pool)
      player.play('+w1 +w2 +w3:unready a^w2 b^w2 !w1 !w1 b^w1 ?w2')
      expect(giveBack(pool, 'a', 'others', 0)).toBe('w1')
      expect(pool.explain({ requestClass: 'b' }, 0)?.chosen).toBe('w1')
      expect(player.play('b b')).toBe('w1 w1')
      player.play('+w3')
      expect(player.play('b b')).toBe('w3 w3')
    })

    test('sends it requests again when it has served one, or after a minute', () => {
      for (const wait of [false, true]) {
        const { pool, player, blocked, other } = setUpBlocked()
        if (!wait) {
          const served = pool.assign({ requestClass: 'b' }, 0, new Set([other]))
          served?.finish(0, { result: 'served' })
        }
        if (wait) player.play('61')
        expect(workersOf(player.play('b a'))).toContain(blocked)
      }
    })
  })

  test('counts the slots of workers that come, drain and leave', () => {
    const { player } = setUp()
    player.play(`+w1 +w2 +w3 +w4 a !w4 b !w3`)
    expect(workersOf(player.play('a a a a a a')).size).toBe(3)
    player.play('+w5 +w6 +w7 +w8')
    expect(workersOf(player.play(repeat(12, 'a'))).size).toBeGreaterThan(3)
    player.play('+w1:draining +w2:draining -w3 -w4 -w5 -w6')
    expect(player.play('a a')).not.toContain('none')
    expect(workersOf(player.play('b a b a')).size).toBe(2)
  })

  test('finds another worker for a request that all workers of its class have failed', () => {
    const { player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    const first = player.play('a')
    expect(player.play(`a^${first}`)).toBe(first === 'w1' ? 'w2' : 'w1')
  })

  test('does not get workers of others while all of its own are ejected', () => {
    const times = { maxFailures: 1, ejectionTime: 10, maxEjectionTime: 30 }
    const create = () => new EjectionPool(() => new ClasslessPool<string>(), times)
    const player = new Player(new SharePool(create, 0.5))
    player.play('+w1 +w2 +w3 +w4 a !w4 b !w3')
    const taken = [...workersOf(player.play('a a a a'))]
    expect(taken).toHaveLength(2)
    for (const worker of taken) player.play(`?${worker}`)
    expect(taken).toContain(player.play('a'))
  })

  test('restricts no session', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    const [first] = workersOf(player.play('a'))
    const pick = { requestClass: 'a', session: 's' }
    expect(pool.assign(pick, 0, new Set([first as string]))?.worker).not.toBe(first)
  })

  test('holds no slot for an upgraded connection', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    const upgraded = pool.assign({ requestClass: 'a' }, 0)
    upgraded?.upgraded?.(0)
    const next = pool.assign({ requestClass: 'a' }, 0, new Set([upgraded?.worker as string]))
    expect(next?.worker).not.toBe(upgraded?.worker)
  })

  test('explains which workers it keeps for others', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2 a !w2 b !w1')
    const first = player.play('a')
    const explanation = pool.explain({ requestClass: 'a' }, 0)
    expect(explanation?.chosen ?? first).toBe(first)
  })
})
