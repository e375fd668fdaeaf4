import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Linked, LinkedList } from '../src/linked-list.ts'

class Item implements Linked<Item> {
  before: Item | undefined
  after: Item | undefined
  isChained = false
}

describe('LinkedList', () => {
  test('has its members in order, whether they are added at either end, between, moved or removed', () => {
    const step = fc.record({
      at: fc.nat(5),
      action: fc.constantFrom('add', 'addFirst', 'addSecond', 'remove'),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const items = Array.from({ length: 6 }, () => new Item())
        const chain = new LinkedList<Item>()
        let model: Item[] = []
        for (const { at, action } of steps) {
          const item = items[at] as Item
          model = model.filter((other) => other !== item)
          if (action === 'add') model.push(item)
          else if (action === 'addFirst') model.unshift(item)
          else if (action === 'addSecond') model.splice(1, 0, item)
          if (action === 'addSecond') {
            const [first] = model
            chain.insert(item, (other) => other === first)
          } else chain[action](item)
          // By number: comparing members would compare all that they refer to.
          const numbers = (members: Iterable<Item>) => [...members].map((m) => items.indexOf(m))
          expect(numbers(chain)).toEqual(numbers(model))
          expect(chain.size).toBe(model.length)
        }
        for (const item of items) {
          if (!model.includes(item))
            expect([item.before, item.after]).toEqual([undefined, undefined])
        }
      }),
    )
  })
})
