import { describe, expect, test } from 'vitest'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import { EjectionPool } from '../../../src/pool/wrappers/ejection-pool.ts'
import { createRandom, describePoolContract } from '../contract.ts'
import { Player, repeat } from '../support/play.ts'
import { countOf, cycle, Site } from '../support/site.ts'

const times = { maxFailures: 3, ejectionTime: 10, maxEjectionTime: 30 }

function setUp(options = times) {
  const told: string[] = []
  const pool = new EjectionPool<string>(() => new RoundRobinPool(), {
    ...options,
    onEject: (worker, seconds) => told.push(`${worker} out ${seconds}`),
    onReturn: (worker) => told.push(`${worker} back`),
  })
  return { pool, player: new Player(pool), told }
}

describe('EjectionPool over CostPool', () => {
  test('keeps requests from a failing worker, even while the others have too much to do', () => {
    const pool = new EjectionPool<string>(() => new CostPool({}, createRandom()), {
      maxFailures: 10,
      ejectionTime: 5,
      maxEjectionTime: 300,
    })
    const site = new Site(pool, { workers: ['w1', 'w2', 'w3', 'w4'], cacheSize: 8 })
    const nextClass = cycle(Array.from({ length: 20 }, (_, i) => `tenant${i}`))
    site.run(10, 400, nextClass)
    site.setTrouble('w1', 'fails')
    site.run(1, 400, nextClass)
    expect(countOf(site.run(3, 700, nextClass), 'w1')).toBeLessThan(10)
  })

  describePoolContract(
    (random) => new EjectionPool(() => new CostPool({}, random), { ...times, maxFailures: 1 }),
  )
})

describe('EjectionPool', () => {
  test('takes a granted upgrade for a success, and its end for nothing', () => {
    const { pool, player, told } = setUp()
    player.play('+w1 +w2 a^w2 ?w1 a^w2 ?w1')
    const upgraded = pool.assign({ requestClass: 'a' }, 0, new Set(['w2']))
    upgraded?.upgraded?.(0)
    player.play('a^w2 ?w1 a^w2 ?w1')
    upgraded?.finish(1, { result: 'disconnected' })
    expect(told).toEqual([])
    player.play('a^w2 ?w1')
    expect(told).toEqual(['w1 out 10'])
  })

  test('ejects a worker after so many failures in a row', () => {
    const { player, told } = setUp()
    player.play('+w1 +w2 a^w2 ?w1 a^w2 ?w1')
    expect(told).toEqual([])
    player.play('a^w2 ?w1')
    expect(told).toEqual(['w1 out 10'])
    expect(player.play('a a a')).toBe('w2 w2 w2')
  })

  test('begins to count anew when a request succeeds', () => {
    const { player, told } = setUp()
    player.play(`+w1 +w2 ${repeat(9, 'a^w2 ?w1 a^w2 ?w1 a^w2 !w1')}`)
    expect(told).toEqual([])
  })

  test('counts late responses and lost connections, but neither refusals nor clients that left', () => {
    const { player, told } = setUp()
    player.play('+w1 +w2')
    for (const result of ['refused', 'abandoned', 'refused', 'abandoned', 'timeout'] as const) {
      player.play('a^w2')
      player.finish('w1', { result })
    }
    player.play('a^w2')
    player.finish('w1', { result: 'disconnected' })
    expect(told).toEqual([])
    player.play('a^w2 ?w1')
    expect(told).toEqual(['w1 out 10'])
  })

  test('counts the loss of a connection once, however many requests it had', () => {
    const { player, told } = setUp()
    player.play('+w1 +w2')
    for (let losses = 0; losses < 3; losses++) {
      expect(told).toEqual([])
      player.play(`+w1 ${repeat(5, 'a^w2')}`)
      for (let request = 0; request < 5; request++) player.finish('w1', { result: 'disconnected' })
      player.play('-w1')
    }
    expect(told).toEqual(['w1 out 10'])
  })

  test('gives requests to an ejected worker while no other can take them', () => {
    const { player } = setUp()
    player.play(`+w1 +w2 ${repeat(3, 'a^w2 ?w1')}`)
    expect(player.play('a^w2 -w2 a a +w2 a')).toBe('w1 w1 w1 w2')
  })

  test('explains whom it has ejected', () => {
    const { pool, player } = setUp()
    player.play(`+w1 +w2 ${repeat(3, 'a^w2 ?w1')}`)
    const explain = () => pool.explain({ requestClass: 'a' }, player.now)
    expect(explain()?.candidates.map(({ role }) => role)).toEqual(['ejected', 'candidate'])
    expect(explain()?.chosen).toBe('w2')
    player.play('10')
    expect(explain()?.candidates.map(({ role }) => role)).toEqual(['candidate', 'candidate'])
  })

  test('lets a worker back, and ejects it for longer each time it fails again', () => {
    const { player, told } = setUp()
    player.play(`+w1 +w2 ${repeat(3, 'a^w2 ?w1')} 9.9 a !w2`)
    expect(told).toEqual(['w1 out 10'])
    player.play('.1 a^w1')
    expect(told).toEqual(['w1 out 10', 'w1 back'])
    player.play('a^w2 ?w1 20 a^w2 ?w1 30 a^w2 ?w1')
    expect(told.filter((text) => text.includes('out'))).toEqual([
      'w1 out 10',
      'w1 out 20',
      'w1 out 30',
      'w1 out 30',
    ])
  })

  test('forgets old ejections when a worker has done well for as long as the last one', () => {
    const { player, told } = setUp()
    player.play(`+w1 +w2 ${repeat(3, 'a^w2 ?w1')} 10 a^w2 !w1 10 a^w2 !w1`)
    player.play(repeat(2, 'a^w2 ?w1'))
    expect(told).toEqual(['w1 out 10', 'w1 back'])
    player.play('a^w2 ?w1')
    expect(told.at(-1)).toBe('w1 out 10')
  })

  test.each([
    { size: 1, most: 0 },
    { size: 2, most: 1 },
    { size: 3, most: 1 },
    { size: 5, most: 2 },
  ])('ejects at most $most of $size workers', ({ size, most }) => {
    const { pool, player } = setUp()
    player.play(Array.from({ length: size }, (_, i) => `+w${i}`).join(' '))
    for (let i = 0; i < 30 * size; i++) player.play(player.play('a').replace(/^/, '?'))
    expect(pool.ejected.size).toBe(most)
  })

  test('keeps a worker ejected that reconnects, and forgets one that has been away for long', () => {
    const { pool, player } = setUp()
    player.play(`+w1 +w2 ${repeat(3, 'a^w2 ?w1')} -w1 5 +w1`)
    expect(player.play('a a')).toBe('w2 w2')
    player.play('-w1 100 +w3')
    expect(pool.ejected.size).toBe(0)
    expect(player.play('+w1 a^w2^w3 ?w1 a^w2^w3 ?w1 a^w2^w3 ?w1')).toBe('w1 w1 w1')
    expect([...pool.ejected]).toEqual(['w1'])
  })

  test('says of the choice of an ejected worker that it was that', () => {
    const { pool, player } = setUp()
    const reason = () => pool.assign({ requestClass: 'a' }, 0, new Set(['w2']))?.reason
    player.play('+w1 +w2')
    expect(reason()).toBeUndefined()
    player.play('a^w2 ?w1 a^w2 ?w1 a^w2 ?w1')
    expect(reason()).toBe('ejected')
  })
})
