import { describe, expect, test } from 'vitest'
import { RoundRobinPool } from '../../../src/pool/policies/round-robin-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player } from '../support/play.ts'

const play = (script: string) => new Player(new RoundRobinPool()).play(script)

describe('RoundRobinPool', () => {
  describePoolContract(() => new RoundRobinPool())

  test('takes the workers in turn, however busy', () => {
    expect(play('+w1 +w2 +w3 a b a !w1 a a')).toBe('w1 w2 w3 w1 w2')
  })

  test('goes on where it was when workers come and go', () => {
    expect(play('+w1 +w2 +w3 a -w1 a +w4 a a')).toBe('w1 w2 w3 w4')
    expect(play('+w1 +w2 +w3 a a a -w3 a')).toBe('w1 w2 w3 w1')
  })

  test('lets a worker that is to be avoided miss its turn', () => {
    expect(play('+w1 +w2 +w3 a^w1^w2 a')).toBe('w3 w1')
  })
})
