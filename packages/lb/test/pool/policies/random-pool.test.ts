import { describe, expect, test } from 'vitest'
import { RandomPool } from '../../../src/pool/policies/random-pool.ts'
import { createRandom, describePoolContract } from '../contract.ts'
import { Player, repeat } from '../support/play.ts'

/** A source of chance that gives these numbers in turn. */
function dice(...numbers: number[]): () => number {
  let throws = 0
  return () => numbers[throws++ % numbers.length] ?? 0
}

function count(chosen: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const worker of chosen.split(' ')) counts[worker] = (counts[worker] ?? 0) + 1
  return counts
}

describe('RandomPool of one choice', () => {
  describePoolContract((random) => new RandomPool(1, random))

  test('takes the worker that chance points at', () => {
    const player = new Player(new RandomPool(1, dice(0, 0.99, 0.34)))
    expect(player.play('+w1 +w2 +w3 a a a')).toBe('w1 w3 w2')
  })

  test('gives all workers about the same', () => {
    const player = new Player(new RandomPool(1, createRandom()))
    const counts = count(player.play(`+w1 +w2 +w3 ${repeat(3000, 'a')}`))
    for (const times of Object.values(counts)) expect(times).toBeGreaterThan(900)
  })
})

describe('RandomPool of two choices', () => {
  describePoolContract((random) => new RandomPool(2, random))

  test('takes the less busy of two different workers', () => {
    const player = new Player(new RandomPool(2, dice(0)))
    expect(player.play('+w1 +w2 +w3 a a a a')).toBe('w1 w2 w1 w2')
  })

  test('reckons with slots', () => {
    const player = new Player(new RandomPool(2, dice(0, 0.99)))
    expect(player.play('+w1 +w2*4 a a a a')).toBe('w2 w2 w2 w1')
  })

  test('keeps the busiest much less busy than chance alone does', () => {
    const busiest = (choices: number) => {
      const player = new Player(new RandomPool(choices, createRandom()))
      player.play('+w1 +w2 +w3 +w4 +w5 +w6 +w7 +w8 +w9')
      return Math.max(...Object.values(count(player.play(repeat(900, 'a')))))
    }
    expect(busiest(2)).toBeLessThan(105)
    expect(busiest(1)).toBeGreaterThan(110)
  })
})
