import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { ClassicPool } from '../../../src/pool/policies/classic-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player, repeat } from '../support/play.ts'

function setUp(settings: Record<string, unknown> = {}) {
  const pool = new ClassicPool<string>(settings)
  const player = new Player(pool)
  const means = () => pool.meanBacklogs()
  return { pool, player, means }
}

/** The state in which zc.resumelb's pool.test has its five workers. */
function setUpWitness() {
  const it = setUp({ variance: 1.5, backlogHistory: 2, unskilledScore: 0.5 })
  it.player.play('+w1 foo +w2 foo bar')
  return it
}

describe('ClassicPool', () => describePoolContract(() => new ClassicPool()))

describe('ClassicPool decides as zc.resumelb does in its pool.test', () => {
  test('gives a class to the worker that had it before, another to a new worker', () => {
    const { player } = setUp({ variance: 1.5, backlogHistory: 2, unskilledScore: 0.5 })
    expect(player.play('foo +w1 foo +w2 foo bar')).toBe('none w1 w1 w2')
  })

  test('counts mean backlogs that decay', () => {
    const { pool, means } = setUpWitness()
    expect(means().get('w1')).toBeCloseTo(1.5714, 4)
    expect(means().get('w2')).toBe(1)
    expect(pool.meanBacklog).toBeCloseTo(2.0888, 4)
  })

  test('stays with a worker up to the limit of its mean backlog', () => {
    const { pool, player, means } = setUpWitness()
    expect(player.play('+w3 foo foo')).toBe('w1 w1')
    expect(means().get('w1')).toBeCloseTo(2.8514, 4)
    expect(pool.meanBacklog).toBeCloseTo(3.2164, 4)
  })

  test('keeps one class from taking all workers', () => {
    const { pool, player, means } = setUpWitness()
    player.play('+w3 foo foo')
    expect(player.play(repeat(10, 'foo'))).toBe('w3 w3 w3 w3 w1 w3 w1 w3 w1 w3')
    expect(means().get('w1')).toBeCloseTo(5.0783, 4)
    expect(means().get('w3')).toBeCloseTo(5.0783, 4)
    expect(pool.meanBacklog).toBeCloseTo(9.6184, 4)
  })

  test('uses new workers at once, takes back finished work, goes by new résumés', () => {
    const { pool, player, means } = setUpWitness()
    player.play('+w3 foo foo')
    player.play(repeat(10, 'foo'))
    expect(player.play('+w4 +w5 foo foo')).toBe('w5 w5')

    player.play(`${repeat(7, '!w1')} ${repeat(7, '!w3')}`)
    expect(means().get('w1')).toBeCloseTo(2.2934, 4)
    expect(means().get('w3')).toBeCloseTo(2.2934, 4)
    expect(means().get('w5')).toBeCloseTo(1.5714, 4)
    expect(pool.meanBacklog).toBeCloseTo(9.4105, 4)
    expect(player.play('foo')).toBe('w1')

    player.play('+w1(foo=5.9) +w2(bar=2,foo=2) +w3(foo=3.8)')
    expect(player.play('foo foo foo')).toBe('w1 w3 w3')
    expect(player.play('foo foo foo')).toBe('w1 w2 w1')
    player.play('!w1 !w3 !w3')
    expect(pool.backlog).toBe(7)
    expect(player.play('foo foo foo foo foo')).toBe('w3 w3 w1 w3 w1')

    player.play(`-w1 ${repeat(5, '!w1')} -w3 ${repeat(3, '!w3')}`)
    expect(pool.backlog).toBe(4)
    expect(pool.meanBacklog).toBeCloseTo(8.2, 1)
  })

  test('uses a new worker under heavy load', () => {
    const { player } = setUp({ variance: 1 })
    player.play('+w1(bar=2) +w2(bar=2) +w3(bar=2)')
    const chosen = player.play(repeat(30, 'bar')).split(' ')
    expect(chosen.filter((worker) => worker === 'w1')).toHaveLength(10)
    expect(chosen.filter((worker) => worker === 'w2')).toHaveLength(10)
    expect(player.play('+w6 bar')).toBe('w6')
  })
})

describe('ClassicPool', () => {
  test('goes by the score per request in progress', () => {
    const { player } = setUp()
    expect(player.play('+w1(foo=1) +w2(foo=4) +w3(foo=6) foo foo foo')).toBe('w3 w3 w2')
  })

  test('gives ties to the worker least recently used', () => {
    const { player } = setUp()
    player.play('+w3(foo=2) +w2(foo=2) +w1(foo=2)')
    expect(player.play('foo !w1 foo !w2 foo !w3 foo')).toBe('w1 w2 w3 w1')
  })

  test('forgets what a new résumé does not name, and only that of which changes say so', () => {
    const { player } = setUp()
    player.play('+w2(bar=1) +w1(foo=9,bar=9) ~w1(bar=)')
    expect(player.play('bar !w2 foo !w1')).toBe('w2 w1')
    player.play('+w2(foo=1) +w1(bar=9)')
    expect(player.play('foo')).toBe('w2')
  })

  test('believes an assigned class until the next résumé', () => {
    const { player } = setUp()
    expect(player.play('+w2 +w1 foo !w1 foo !w1 +w1 foo')).toBe('w1 w1 w2')
  })

  test('goes on with its mean backlog when the last worker has left', () => {
    const { pool, player } = setUp()
    expect(player.play('+w1 foo foo -w1 foo !w1 !w1 +w1 foo')).toBe('w1 w1 none w1')
    expect(pool.meanBacklog).toBeGreaterThan(0)
    expect(pool.backlog).toBe(1)
  })

  test('remembers no more classes than it may', () => {
    const { pool, player } = setUp({ maxClasses: 3 })
    player.play('+w2 +w1(known=5) known !w1 known !w1')
    for (let i = 0; i < 1000; i++) player.play(`invented${i} -w3`)
    expect(pool.backlog).toBe(1000)
    expect(player.play('known')).toBe('w1')
  })
})

describe('the settings of ClassicPool', () => {
  const newWorkerGetsWork = (pool: ClassicPool<string>) => {
    const player = new Player(pool)
    player.play('+w1 +w2 +w3(foo=1)')
    return player.play(repeat(4, 'foo')).split(' ').lastIndexOf('w3')
  }

  test('revert to their defaults when they are not given', () => {
    const plain = newWorkerGetsWork(new ClassicPool())
    const pool = new ClassicPool<string>({ variance: 100, backlogHistory: 50 })
    pool.updateSettings({})
    expect(newWorkerGetsWork(pool)).toBe(plain)
    expect(newWorkerGetsWork(new ClassicPool({ variance: 100, backlogHistory: 50 }))).toBe(3)
  })

  test('stay as they were when one of them is bad', () => {
    const pool = new ClassicPool<string>({ unskilledScore: 5 })
    expect(() => pool.updateSettings({ unskilledScore: 1, variance: 'much' })).toThrow(OptionError)
    const player = new Player(pool)
    expect(player.play('+w2(foo=4) +w1 bar !w1 +w2(bar=4) bar')).toBe('w1 w1')
  })
})
