import { describe, expect, test } from 'vitest'
import { ClassicPool } from '../../../src/pool/policies/classic-pool.ts'
import { CostPool } from '../../../src/pool/policies/cost-pool.ts'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import { RequestedVersionPool } from '../../../src/pool/wrappers/requested-version-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player } from '../support/play.ts'

const play = (script: string) =>
  new Player(new RequestedVersionPool(() => new RoundRobinPool())).play(script)

describe('RequestedVersionPool over CostPool', () => {
  describePoolContract((random) => new RequestedVersionPool(() => new CostPool({}, random)))
})

describe('RequestedVersionPool', () => {
  test("decides as van.resumelb's pool does in its pool.test", () => {
    const pool = new RequestedVersionPool<string>(() => new ClassicPool())
    const player = new Player(pool)
    expect(player.play('foo@even +w1@odd foo@odd')).toBe('none w1')
    expect(player.play('+w2@even foo@even foo@odd')).toBe('w2 w1')
    expect(pool.backlog).toBe(3)
    player.play('!w1 !w1 -w1')
    expect(pool.backlog).toBe(1)
    expect(player.play('+default foo foo')).toBe('default default')
  })

  test('gives a request to a worker of its version', () => {
    expect(play('+w1@1 +w2@2 +w3 a@2 a@1 a a@2')).toBe('w2 w1 w3 w2')
  })

  test('keeps the skills of each version apart', () => {
    const player = new Player(new RequestedVersionPool(() => new ClassicPool()))
    player.play('+w2@1(x/y=1) +w1@1(y=9,x/y=9) ~w1(x/y=) +w3@2')
    expect(player.play('x/y@1 x/y@2')).toBe('w2 w3')
  })

  test('falls back to workers without a version, then to the version with the most workers', () => {
    expect(play('+w1@1 +w2@2 +w3@2 +w4 a@9')).toBe('w4')
    expect(play('+w1@1 +w2@2 +w3@2 a@9 a@9 a')).toBe('w2 w3 w2')
  })

  test('does not fall back because the workers of the version are to be avoided', () => {
    expect(play('+w1@1 +w2@2 a@1^w1')).toBe('none')
  })

  test('keeps no pool for versions without workers', () => {
    let pools = 0
    const pool = new RequestedVersionPool<string>(() => {
      pools++
      return new RoundRobinPool()
    })
    const player = new Player(pool)
    player.play('+w1@1')
    for (let i = 0; i < 1000; i++) player.play(`a@v${i} !w1`)
    expect(pools).toBe(1)
  })
})
