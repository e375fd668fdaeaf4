import { describe, expect, test } from 'vitest'
import { RendezvousPool } from '../../../src/pool/policies/rendezvous-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player } from '../support/play.ts'

const names = Array.from({ length: 200 }, (_, i) => `class${i}`)

/** Where each of many classes goes, one request at a time. */
function homes(workers: string): Map<string, string> {
  const player = new Player(new RendezvousPool())
  player.play(workers)
  return new Map(
    names.map((name) => {
      const worker = player.play(name)
      player.play(`!${worker}`)
      return [name, worker]
    }),
  )
}

describe('RendezvousPool', () => {
  describePoolContract(() => new RendezvousPool())

  test('gives a class the same worker, in whatever order the workers came', () => {
    expect(homes('+w1 +w2 +w3')).toEqual(homes('+w3 +w1 +w2'))
  })

  test('moves only the classes of a worker that leaves', () => {
    const before = homes('+w1 +w2 +w3')
    const after = homes('+w1 +w2 +w3 -w2')
    for (const [name, worker] of before) if (worker !== 'w2') expect(after.get(name)).toBe(worker)
    expect([...after.values()]).not.toContain('w2')
  })

  test('gives classes to workers by their slots', () => {
    const big = [...homes('+w1 +w2*3').values()].filter((worker) => worker === 'w2')
    expect(big.length).toBeGreaterThan(130)
    expect(big.length).toBeLessThan(170)
  })

  test('gives a worker no more than the bound times its share', () => {
    const player = new Player(new RendezvousPool({ bound: 1.5 }))
    player.play('+w1 +w2 +w3 +w4')
    const counts = new Map<string, number>()
    for (let total = 1; total <= 400; total++) {
      const worker = player.assign('hot')
      const backlog = (counts.get(worker) ?? 0) + 1
      counts.set(worker, backlog)
      expect(backlog).toBeLessThanOrEqual(Math.ceil((1.5 * total) / 4))
    }
    expect(Math.max(...counts.values())).toBe(150)
  })

  test('takes a new bound at once', () => {
    const pool = new RendezvousPool<string>({ bound: 1000 })
    const player = new Player(pool)
    const [home = ''] = player.play('+w1 +w2 a a a a').split(' ')
    expect(player.play('a')).toBe(home)
    pool.updateSettings({ bound: 1 })
    expect(player.play('a')).not.toBe(home)
  })
})
