import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NumberLists } from '../../../src/pool/structures/number-lists.ts'

const contents = (lists: NumberLists, list: number) =>
  Array.from({ length: lists.length(list) }, (_, i) => lists.at(list, i))

describe('NumberLists', () => {
  test('are empty before something is put into them', () => {
    expect(new NumberLists().length(1_000_000)).toBe(0)
  })

  test('hold what arrays hold, whatever is pushed, set and popped', () => {
    const step = fc.record({
      list: fc.nat(5),
      action: fc.constantFrom('push', 'push', 'push', 'pop', 'set'),
      value: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const lists = new NumberLists()
        const arrays: number[][] = Array.from({ length: 6 }, () => [])
        for (const { list, action, value } of steps) {
          const array = arrays[list] ?? []
          if (action === 'push') {
            lists.push(list, value)
            array.push(value)
          } else if (array.length > 0 && action === 'pop') {
            lists.pop(list)
            array.pop()
          } else if (array.length > 0) {
            lists.set(list, value % array.length, value)
            array[value % array.length] = value
          }
        }
        expect(arrays.map((_, list) => contents(lists, list))).toEqual(arrays)
        for (const [list, array] of arrays.entries()) {
          const value = array.at(-1) ?? 0
          expect(lists.indexOf(list, value)).toBe(array.indexOf(value))
        }
      }),
    )
  })
})
