import { describe, expect, test } from 'vitest'
import { hashString } from '../../../src/pool/structures/hash.ts'
import { RendezvousTable } from '../../../src/pool/structures/rendezvous-table.ts'

const hashes = Array.from({ length: 2000 }, (_, i) => hashString(`class${i}`))

function setUp(weights: Record<string, number>) {
  const table = new RendezvousTable<string>()
  for (const [holder, weight] of Object.entries(weights)) table.add(holder, holder, weight)
  const first = () => hashes.map((hash) => table.choice(hash, 0))
  return { table, first }
}

describe('RendezvousTable', () => {
  test('chooses none when it is empty', () => {
    const { table } = setUp({ w1: 1 })
    table.remove('w1')
    expect(table.choice(5, 0)).toBeUndefined()
  })

  test('chooses the same whatever the order in which holders came', () => {
    expect(setUp({ w1: 1, w2: 2, w3: 1 }).first()).toEqual(setUp({ w3: 1, w1: 1, w2: 2 }).first())
  })

  test('moves only the choices of the one that goes, and back when it comes again', () => {
    const { table, first } = setUp({ w1: 1, w2: 1, w3: 1, w4: 1 })
    const before = first()
    table.remove('w2')
    for (const [i, key] of first().entries()) if (before[i] !== 'w2') expect(key).toBe(before[i])
    expect(first()).not.toContain('w2')
    table.add('w2', 'w2', 1)
    expect(first()).toEqual(before)
  })

  test('gives shares by weight, also by a weight that is new', () => {
    const { table, first } = setUp({ w1: 1, w2: 3 })
    const share = (key: string) => first().filter((chosen) => chosen === key).length / hashes.length
    expect(share('w2')).toBeCloseTo(0.75, 1)
    table.update('w1', 'w1', 9)
    expect(share('w1')).toBeCloseTo(0.75, 1)
  })

  test('leads to all holders sooner or later', () => {
    const { table } = setUp({ w1: 1, w2: 1, w3: 1 })
    const order = Array.from({ length: 32 }, (_, i) => table.choice(7, i))
    expect(new Set(order)).toEqual(new Set(['w1', 'w2', 'w3']))
  })
})
