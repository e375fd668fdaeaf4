import type { Pool } from '@resumelb/lb'
import { describe, expect, test } from 'vitest'
import { describePoolContract } from '../../../packages/lb/test/pool/contract.ts'
import { Player } from '../../../packages/lb/test/pool/support/play.ts'

type Factory = (settings: Record<string, unknown>) => Pool<string>

// By a name that the compiler does not see through: the module is JavaScript, as users may write
// it.
const path: string = '../fill-first-pool.js'
const { createFillFirstPool } = (await import(path)) as { createFillFirstPool: Factory }

describe('FillFirstPool', () => {
  describePoolContract(() => createFillFirstPool({}), { heedsCapacity: false })

  test('fills one worker before it uses the next', () => {
    const player = new Player(createFillFirstPool({}))
    expect(player.play('+w1*2 +w2 +w3 a b c !w1 d')).toBe('w1 w1 w2 w1')
  })

  test('uses the least busy worker when all are full', () => {
    const player = new Player(createFillFirstPool({}))
    expect(player.play('+w1 +w2*2 a b c d')).toBe('w1 w2 w2 w1')
  })

  test('fills workers up to the setting, and refuses invalid settings', () => {
    const player = new Player(createFillFirstPool({ fill: '3' }))
    expect(player.play('+w1 +w2 a b c d')).toBe('w1 w1 w1 w2')
    expect(() => createFillFirstPool({ fill: 'up' })).toThrow(
      "Expected fill to be above 0, got 'up'",
    )
  })
})
