import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { ClassicPool } from '../../../src/pool/policies/classic-pool.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import { SingleVersionPool } from '../../../src/pool/wrappers/single-version-pool.ts'
import { StatesPool } from '../../../src/pool/wrappers/states-pool.ts'
import { createRandom, describePoolContract } from '../contract.ts'
import { Player, repeat, traitsOf } from '../support/play.ts'

function setUp(settings = {}) {
  const changes: string[] = []
  const pool = new SingleVersionPool<string>(
    () => new StatesPool(() => new RoundRobinPool()),
    settings,
    (to, from) => changes.push(`${from ?? 'none'} -> ${to}`),
  )
  return { pool, player: new Player(pool), changes }
}

describe('SingleVersionPool over CostPool', () => {
  describePoolContract((random) => {
    const createOne = () => new StatesPool<string>(() => new CostPool({}, random))
    return new SingleVersionPool(createOne, { handover: 10 })
  })
})

describe('SingleVersionPool over ClassicPool', () => {
  describePoolContract(() => new SingleVersionPool(() => new ClassicPool()))

  test('decides as zc.resumelb does in its single_version.test', () => {
    const pool = new SingleVersionPool<string>(() => new ClassicPool())
    const player = new Player(pool)
    expect(player.play('+w1@1 +w2@1 +w3@2(a=.1) a')).toBe('w2')
    expect(player.play('+w4@2(b=.1) b')).toBe('w1')
    expect(player.play('+w5@2(c=.1) c a')).toBe('w5 w3')
    expect(pool.backlog).toBe(4)
    player.play('!w1')
    expect(pool.backlog).toBe(3)
    expect(player.play('-w4 -w5 !w5 b')).toBe('w1')
    player.play('-w3 !w3')
    expect(pool.backlog).toBe(2)
  })
})

describe('SingleVersionPool', () => {
  test('gives work to the version with the most workers only', () => {
    const { pool, player, changes } = setUp()
    expect(player.play('+w1@1 +w2@2 +w3@2 a a a')).toBe('w2 w3 w2')
    expect(pool.size).toBe(2)
    expect(changes).toEqual(['none -> 1', '1 -> 2'])
  })

  test('stays with the present version while others are as many', () => {
    const { player, changes } = setUp()
    expect(player.play('+w1@1 +w2@2 a +w3@3 a +w1@1 a')).toBe('w1 w1 w1')
    expect(changes).toEqual(['none -> 1'])
  })

  test('does not count workers that drain', () => {
    const { player } = setUp()
    player.play('+w1@1 +w2@1 +w3@1 +w4@2 +w5@2')
    expect(player.play('a +w1@1:draining a +w2@1:draining a a')).toBe('w1 w2 w4 w5')
  })

  test('lets a worker change its version', () => {
    const { pool, player } = setUp()
    expect(player.play('+w1@1 a +w1@2 a')).toBe('w1 w1')
    expect([pool.version, pool.size, pool.backlog]).toEqual(['2', 1, 2])
  })

  test('gives nothing while no worker of any version is there', () => {
    const { pool, player } = setUp()
    expect(player.play('+w1@1 -w1 a +w2@2 a -w2 a +w1@1 a')).toBe('none w2 none w1')
    expect(pool.backlog).toBe(2)
  })

  test('keeps the backlog right when versions take turns all the time', () => {
    const { pool, player } = setUp()
    player.play('+w1@1 +w2@2 +w3@2')
    for (let i = 0; i < 50; i++) player.play('a a -w3 -w2 a +w2@2 +w3@2 a')
    expect(pool.backlog).toBe(200)
    player.play(`${repeat(50, '!w1')} ${repeat(50, '!w3')} ${repeat(50, '!w2')}`)
    expect(pool.backlog).toBe(50)
  })

  test('refuses a bad setting and keeps the others', () => {
    const { pool } = setUp({ handover: 5 })
    expect(() => pool.updateSettings({ handover: 'soon' })).toThrow(OptionError)
    expect(() => pool.updateSettings({ handover: 1, warmingShare: 2 })).toThrow(OptionError)
    expect(() => setUp({ handover: -1 })).toThrow(OptionError)
  })
})

describe('a handover', () => {
  /** The part of 100 requests at this time that goes to workers whose names begin so. */
  const shareOf = (player: Player, name: string) => {
    const chosen = player.play(repeat(100, 'a')).split(' ')
    return chosen.filter((worker) => worker.startsWith(name)).length
  }

  test('moves the share of new requests from the old version to the new one', () => {
    const { player } = setUp({ handover: 10 })
    player.play('+old1@1 +new1@2 +new2@2')
    expect(shareOf(player, 'new')).toBe(0)
    expect([player.play('2.5') && '', shareOf(player, 'new')]).toEqual(['', 25])
    player.play('5')
    expect(shareOf(player, 'new')).toBe(75)
    player.play('2.5')
    expect(shareOf(player, 'new')).toBe(100)
  })

  test('ends at once when the old version is gone', () => {
    const { player } = setUp({ handover: 10 })
    player.play('+old1@1 +new1@2 +new2@2 a 1 -old1')
    expect(shareOf(player, 'new')).toBe(100)
  })

  test('turns back from where it is', () => {
    const { player } = setUp({ handover: 10 })
    player.play('+old1@1 +new1@2 +new2@2 7.5 -new2 +old2@1')
    expect(shareOf(player, 'old')).toBe(25)
    player.play('5')
    expect(shareOf(player, 'old')).toBe(75)
  })

  test('lets the other version help when one may not', () => {
    const { player } = setUp({ handover: 10 })
    player.play('+old1@1 +new1@2 +new2@2 5')
    expect(player.play('a^old1 a^old1 a^new1^new2 a^new1^new2')).toMatch(/^new. new. old1 old1$/)
  })

  test('is over at once by default', () => {
    const { player } = setUp()
    player.play('+old1@1 +new1@2 +new2@2')
    expect(shareOf(player, 'new')).toBe(100)
  })

  test('takes in a new duration while it runs', () => {
    const { pool, player } = setUp({ handover: 10 })
    player.play('+old1@1 +new1@2 +new2@2 5')
    pool.updateSettings({ handover: 20 })
    expect(shareOf(player, 'new')).toBe(25)
    pool.updateSettings({})
    expect(shareOf(player, 'new')).toBe(100)
  })

  test('composes with policies of chance', () => {
    const random = createRandom()
    const pool = new SingleVersionPool<string>(() => new CostPool({}, random), { handover: 1 })
    expect(new Player(pool).play('+w1@1 +w2@2 +w3@2 a 2 a')).toMatch(/^w1 w[23]$/)
  })

  test('leaves a class with the former version until the present one is warm for it', () => {
    const { pool, player } = setUp({ handover: 10 })
    player.play('+w1@1 +w2@2')
    const keeping = (classes: string) => {
      const traits = traitsOf('w1', { version: '1', keeps: new Set(classes) })
      pool.update('w1', { traits }, player.now)
    }
    keeping('a')
    player.play('+w3@2 9')
    expect(player.play('a a a b b b b')).toBe('w1 w1 w1 w1 w2 w3 w2')
    expect(pool.explain({ requestClass: 'a' }, player.now)?.chosen).toBe('w1')
    keeping('')
    expect(player.play('a a a')).toBe('w3 w2 w3')
    keeping('a')
    expect(player.play('2 a')).toBe('w2')
  })
})
