import { describe, expect, test } from 'vitest'
import { byBacklogPerSlot, ClasslessPool } from '../../../src/pool/policies/classless-pool.ts'
import { describePoolContract } from '../contract.ts'
import { Player } from '../support/play.ts'

const play = (script: string) => new Player(new ClasslessPool()).play(script)

describe('ClasslessPool', () => describePoolContract(() => new ClasslessPool()))

describe('ClasslessPool', () => {
  test('decides as zc.resumelb does in its classlesspool.test', () => {
    const pool = new ClasslessPool<string>()
    const player = new Player(pool)
    expect(player.play('foo +w1 foo +w2 foo foo foo bar bar')).toBe('none w1 w2 w1 w2 w1 w2')
    expect(pool.backlog).toBe(6)
    expect(player.play('!w2 !w2 bar bar bar')).toBe('w2 w2 w1')
    player.play('-w1 !w1 !w1 !w1 !w1')
    expect(pool.backlog).toBe(3)
    player.play('-w2 !w2 !w2 !w2')
    expect(pool.backlog).toBe(0)
    expect(pool.size).toBe(0)
  })

  test('pays no heed to skill', () => {
    expect(play('+w2(foo=100) +w1 foo foo')).toBe('w1 w2')
  })

  test('knows how busy a worker is that comes back', () => {
    expect(play('+w1 foo foo -w1 +w2 foo +w1 foo foo')).toBe('w1 w1 w2 w2 w1')
  })
})

describe('ClasslessPool by slots', () => {
  test('gives a worker with more slots more', () => {
    const player = new Player(new ClasslessPool(byBacklogPerSlot))
    expect(player.play('+w1 +w2*3 a b c d e f g h')).toBe('w2 w2 w1 w2 w2 w2 w1 w2')
  })

  test('takes in a new concurrency at once', () => {
    const player = new Player(new ClasslessPool(byBacklogPerSlot))
    expect(player.play('+w1 +w2 a b c +w1*9 d e')).toBe('w2 w1 w2 w1 w1')
  })
})
