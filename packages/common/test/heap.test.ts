import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Heap } from '../src/heap.ts'

interface Item {
  place: number
  rank: number
  turn: number
}

describe('Heap', () => {
  test('has the least rank first, then the least turn, whatever changes', () => {
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'change', 'change'), fc.nat(), fc.nat(3))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const heap = new Heap<Item>()
        let items: Item[] = []
        for (const [turn, [action, which, rank]] of steps.entries()) {
          const item = items[which % items.length]
          if (action === 'add') {
            const added = { place: 0, rank, turn }
            items.push(added)
            heap.add(added)
          } else if (item !== undefined && action === 'remove') {
            heap.remove(item)
            items = items.filter((other) => other !== item)
          } else if (item !== undefined) {
            item.rank = rank
            item.turn = turn
            heap.changed(item)
          }
          const sorted = items.toSorted((a, b) => a.rank - b.rank || a.turn - b.turn)
          expect(heap.first()).toBe(sorted[0])
          expect(heap.first((other) => other !== sorted[0])).toBe(sorted[1])
        }
      }),
    )
  })
})
