import { describe, expect, test } from 'vitest'
import { createPool, type PoolName, poolNames } from '../../../src/pool/registry.ts'
import { composePool } from '../../../src/pool/wrappers/compose-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player } from '../support/play.ts'

describe.each(poolNames)('a composition over %s', (name: PoolName) => {
  describePoolContract((random) =>
    composePool(() => createPool(name, {}, random), {
      versions: 'single',
      settings: { handover: 3 },
      ejection: { maxFailures: 2, ejectionTime: 5, maxEjectionTime: 60 },
    }),
  )

  test.each(['any', 'single', 'requested'] as const)(
    'of %s versions heeds draining',
    (versions) => {
      const player = new Player(composePool(() => createPool(name), { versions }))
      expect(player.play('+w1:draining(a=9) a +w2 a a -w2 a')).toBe('none w2 w2 none')
    },
  )
})

describe('composePool', () => {
  test('gives all versions work, one, or the one that the request asks for', () => {
    const play = (versions: 'any' | 'single' | 'requested', script: string) =>
      new Player(composePool(() => createPool('round-robin'), { versions })).play(script)
    expect(play('any', '+w1@1 +w2@2 +w3@2 a a a')).toBe('w1 w2 w3')
    expect(play('single', '+w1@1 +w2@2 +w3@2 a a a')).toBe('w2 w3 w2')
    expect(play('requested', '+w1@1 +w2@2 +w3@2 a@1 a@2 a@1')).toBe('w1 w2 w1')
  })
})
