import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { ClassicPool } from '../../../src/pool/policies/classic-pool.ts'
import { ClasslessPool } from '../../../src/pool/policies/classless-pool.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import { StatesPool } from '../../../src/pool/wrappers/states-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player, repeat, traitsOf } from '../support/play.ts'

const setUp = (settings = {}) => {
  const pool = new StatesPool<string>(() => new RoundRobinPool(), settings)
  return { pool, player: new Player(pool) }
}

describe('StatesPool over CostPool', () => {
  describePoolContract((random) => new StatesPool(() => new CostPool({}, random)))
})

describe('StatesPool over ClassicPool', () => {
  describePoolContract(() => new StatesPool(() => new ClassicPool()))
})

describe('a draining worker', () => {
  test('gets nothing new, though it may be the best or the only one', () => {
    const { pool, player } = setUp()
    expect(player.play('+w1:draining(a=9) a +w2 a a -w2 a')).toBe('none w2 w2 none')
    expect(pool.size).toBe(0)
  })

  test('keeps counting for what it has', () => {
    const { pool, player } = setUp()
    expect(player.play('+w1 a a +w1:draining a !w1')).toBe('w1 w1 none')
    expect(pool.backlog).toBe(1)
  })

  test('is asked again when it is ready again, and has forgotten nothing', () => {
    const pool = new StatesPool<string>(() => new ClassicPool())
    const player = new Player(pool)
    player.play('+w2(a=1) +w1(a=9)')
    pool.update('w1', { traits: traitsOf('w1', { state: 'draining' }) }, 0)
    expect(player.play('a !w2')).toBe('w2')
    pool.update('w1', { traits: traitsOf('w1') }, 0)
    expect(player.play('a')).toBe('w1')
  })
})

describe('an explanation of StatesPool', () => {
  test('says why workers get nothing now, and what one on standby is chosen for', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2:standby +w3:draining +w4:warming')
    const roles = () => pool.explain({ requestClass: 'a' }, 0)?.candidates.map(({ role }) => role)
    expect(roles()).toEqual(['candidate', 'standby', 'draining', 'candidate'])
    player.play('a a')
    expect(roles()).toEqual(['candidate', 'standby', 'draining', 'warming'])
    player.play('-w1 -w4')
    expect(pool.explain({ requestClass: 'a' }, 0)?.chosen).toBe('w2')
  })
})

describe('a worker on standby', () => {
  test('gets requests only while no other can take them', () => {
    const { player } = setUp()
    expect(player.play('+w1:standby +w2 a a -w2 a +w2 a')).toBe('w2 w2 w1 w2')
    expect(player.play('a^w2 +w2:draining a')).toBe('w1 w1')
  })

  test('comes after a worker that is warming up', () => {
    expect(setUp().player.play('+w1:standby +w2:warming a a a')).toBe('w2 w2 w2')
  })
})

test('a worker that is not ready gets requests only while no other can take them', () => {
  const { player } = setUp()
  expect(player.play('+w1 +w2 +w1:unready a a -w2 a')).toBe('w2 w2 w1')
  expect(player.play('+w2 +w1 a a')).toMatch(/w1/)
})

test('a worker on standby comes before one that is not ready', () => {
  const { pool, player } = setUp()
  expect(player.play('+w1:unready +w2:standby a a -w2 a')).toBe('w2 w2 w1')
  player.play('+w2:standby')
  const roles = pool.explain({ requestClass: 'a' }, 0)?.candidates.map(({ role }) => role)
  expect(roles).toEqual(['unready', 'standby'])
})

test('an assignment says that its worker was in reserve', () => {
  const { pool, player } = setUp()
  const reason = () => pool.assign({ requestClass: 'a' }, 0)?.reason
  player.play('+w1 +w2:standby +w3:unready')
  expect(reason()).toBeUndefined()
  player.play('-w1')
  expect(reason()).toBe('standby')
  player.play('-w2')
  expect(reason()).toBe('unready')
})

describe('a draining worker that takes requests of sessions', () => {
  const pick = { requestClass: 'a', session: 's1' }
  const setUpDraining = () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2')
    pool.update('w1', { traits: traitsOf('w1', { state: 'draining', takesSessions: true }) }, 0)
    return { pool, player }
  }

  test('gets one that must not go to any other', () => {
    const { pool } = setUpDraining()
    expect(pool.assign(pick, 0, new Set(['w2']))?.worker).toBe('w1')
    expect(pool.explain(pick, 0, new Set(['w2']))?.chosen).toBe('w1')
  })

  test('gets no other request', () => {
    const { pool, player } = setUpDraining()
    expect(pool.assign(pick, 0)?.worker).toBe('w2')
    expect(player.play('a a^w2')).toBe('w2 none')
    expect(pool.size).toBe(1)
  })

  test('gets none from when it takes no sessions', () => {
    const { pool, player } = setUpDraining()
    player.play('+w1:draining')
    expect(pool.assign(pick, 0, new Set(['w2']))).toBeUndefined()
  })
})

describe('a worker that is warming up', () => {
  const countOf = (chosen: string, worker: string) =>
    chosen.split(' ').filter((name) => name === worker).length

  test('gets at most its part of an even share', () => {
    const { player } = setUp({ warmingShare: 0.25 })
    const chosen = player.play(`+w1:warming +w2 +w3 +w4 ${repeat(400, 'a')}`)
    expect(countOf(chosen, 'w1')).toBeGreaterThanOrEqual(20)
    expect(countOf(chosen, 'w1')).toBeLessThanOrEqual(26)
  })

  test('gets an even share when it is ready', () => {
    const { player } = setUp()
    player.play(`+w1:warming +w2 ${repeat(10, 'a')}`)
    expect(countOf(player.play(`+w1 ${repeat(10, 'a')}`), 'w1')).toBe(5)
  })

  test('gets whatever comes while all others are warming up too', () => {
    const { player } = setUp()
    const chosen = player.play(`+w1:warming +w2:warming ${repeat(10, 'a')}`)
    expect(countOf(chosen, 'w1')).toBe(5)
  })

  test('gets what no other worker can take', () => {
    const { player } = setUp()
    player.play('+w1:warming +w2 a a a')
    expect(player.play('a^w2 a^w2 a^w2')).toBe('w1 w1 w1')
  })
})

describe('a worker that warms itself up', () => {
  test('gets nothing while as many others can take requests', () => {
    const { player } = setUp()
    expect(player.play('+w1:warmingUp +w2 a a a a')).toBe('w2 w2 w2 w2')
    expect(player.play('a^w2')).toBe('w1')
    expect(player.play('+w1 a a')).toContain('w1')
  })

  test('gets its share while most of the others warm themselves up too', () => {
    const { player } = setUp()
    const chosen = player.play(`+w1:warmingUp +w2:warmingUp +w3 ${repeat(9, 'a')}`)
    expect(new Set(chosen.split(' '))).toEqual(new Set(['w1', 'w2', 'w3']))
    expect(player.play('+w2 +w4 a a a a a a')).not.toContain('w1')
  })

  test('comes before a worker on standby', () => {
    expect(setUp().player.play('+w1:warmingUp +w2:standby a a')).toBe('w1 w1')
  })
})

describe('a worker that is about to leave', () => {
  test('gets only requests of the classes that it keeps', () => {
    const { pool, player } = setUp()
    const keeps = new Set(['a'])
    player.play('+w1 +w2')
    pool.update('w1', { traits: traitsOf('w1', { keeps }) }, 0)
    expect(player.play('b b a b b a')).toBe('w2 w2 w1 w2 w2 w1')
    keeps.delete('a')
    expect(player.play('a a a')).toBe('w2 w2 w2')
  })

  test('gets what no other worker can take', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2')
    pool.update('w1', { traits: traitsOf('w1', { keeps: new Set() }) }, 0)
    expect(player.play('b^w2 -w2 b')).toBe('w1 w1')
    player.play('+w2')
    pool.update('w1', { traits: traitsOf('w1') }, 0)
    expect(player.play('b^w2')).toBe('w1')
  })
})

describe('the settings of StatesPool', () => {
  test('go to the policy too, and nothing changes when one is bad', () => {
    const pool = new StatesPool<string>(() => new ClassicPool({ unskilledScore: 5 }))
    expect(() => pool.updateSettings({ warmingShare: 0 })).toThrow(OptionError)
    expect(() => pool.updateSettings({ variance: -1 })).toThrow(OptionError)
    const player = new Player(pool)
    expect(player.play('+w2(a=4) +w1 b !w1 +w2(b=4) b')).toBe('w1 w1')
  })

  test('hold for pools that do not know them', () => {
    const pool = new StatesPool<string>(() => new ClasslessPool())
    expect(() => pool.updateSettings({ warmingShare: '0.5', handover: 3 })).not.toThrow()
  })
})

describe('an unresponsive worker', () => {
  const respond = (pool: StatesPool<string>, worker: string, unresponsive: boolean) =>
    pool.update(worker, { traits: { ...traitsOf(worker), unresponsive } }, 0)

  test('gets nothing, even if it is the only one, until it answers again', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2')
    respond(pool, 'w1', true)
    expect(player.play('a a a')).toBe('w2 w2 w2')
    respond(pool, 'w2', true)
    expect(player.play('a')).toBe('none')
    expect(pool.size).toBe(2)
    respond(pool, 'w1', false)
    expect(player.play('a a')).toBe('w1 w1')
  })

  test('gets no request of a session either', () => {
    const { pool, player } = setUp()
    player.play('+w1')
    respond(pool, 'w1', true)
    expect(pool.assign({ requestClass: 'a', session: 's' }, 0)).toBeUndefined()
  })

  test('leaves the requests to a worker on standby, or to one that is not ready', () => {
    const { pool, player } = setUp()
    player.play('+w1 +w2:standby')
    respond(pool, 'w1', true)
    expect(player.play('a')).toBe('w2')
    const explanation = pool.explain({ requestClass: 'a' }, 0)
    expect(explanation?.candidates.map(({ role }) => role)).toEqual(['unresponsive', 'standby'])
  })
})
