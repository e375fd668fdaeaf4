import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ById, type Numbered } from '../src/by-id.ts'

class Thing implements Numbered<Thing> {
  readonly id: number
  next: Thing | undefined

  constructor(id: number) {
    this.id = id
  }
}

const numbers = (things: Iterable<Thing>) => [...things].map(({ id }) => id).sort((a, b) => a - b)

describe('ById', () => {
  test('holds what a Map would hold, whatever comes and goes', () => {
    // Few slots and numbers that are far apart: many share a slot.
    const id = fc.oneof(
      fc.nat(300),
      fc.nat(20).map((n) => n * 64),
      fc.nat(5).map((n) => 0xffff_ffff - n),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.boolean()), { maxLength: 400 }), (steps) => {
        const table = new ById<Thing>()
        const model = new Map<number, Thing>()
        for (const [number, isAdded] of steps) {
          const known = model.get(number)
          expect(table.get(number) === known).toBe(true)
          if (isAdded && known === undefined) {
            const thing = new Thing(number)
            model.set(number, thing)
            table.add(thing)
          } else if (!isAdded) {
            table.remove(known ?? new Thing(number))
            model.delete(number)
            expect(known?.next).toBeUndefined()
          }
          expect(table.size).toBe(model.size)
        }
        expect(numbers(table.clear())).toEqual(numbers(model.values()))
        expect(table.size).toBe(0)
      }),
    )
  })

  test('grows with what it holds', () => {
    const table = new ById<Thing>()
    const things = Array.from({ length: 10_000 }, (_, at) => new Thing(at + 1))
    for (const thing of things) table.add(thing)
    expect(things.every((thing) => table.get(thing.id) === thing)).toBe(true)
    for (const thing of things) table.remove(thing)
    expect(table.size).toBe(0)
    expect(things.every(({ next }) => next === undefined)).toBe(true)
  })
})
