import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Linked, LinkedList } from '../src/linked-list.ts'

class Item implements Linked<Item> {
  before: Item | undefined
  after: Item | undefined
  isChained = false
}

describe('LinkedList', () => {
  test('keeps the order of a Set, in which who is added again moves to the end', () => {
    const step = fc.record({ at: fc.nat(5), isAdded: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const items = Array.from({ length: 6 }, () => new Item())
        const chain = new LinkedList<Item>()
        const model = new Set<Item>()
        for (const { at, isAdded } of steps) {
          const item = items[at] as Item
          model.delete(item)
          if (isAdded) model.add(item)
          if (isAdded) chain.add(item)
          else chain.remove(item)
          // By number: to compare members is to compare all that they point at.
          const numbers = (members: Iterable<Item>) => [...members].map((m) => items.indexOf(m))
          expect(numbers(chain)).toEqual(numbers(model))
          expect(chain.size).toBe(model.size)
        }
        for (const item of items) {
          if (!model.has(item)) expect([item.before, item.after]).toEqual([undefined, undefined])
        }
      }),
    )
  })
})
