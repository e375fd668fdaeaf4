import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InLine, Line } from '../../../src/pool/structures/line.ts'

class Person implements InLine<Person> {
  readonly name: number
  before: Person | undefined
  after: Person | undefined
  isChained = false
  turn = 0
  constructor(name: number) {
    this.name = name
  }
}

function everybody(line: Line<Person>): Person[] {
  const found: Person[] = []
  for (let person = line.head; person; person = person.after) found.push(person)
  return found
}

describe('Line', () => {
  test('stands as an array would, and turns grow from its head to its end', () => {
    const step = fc.tuple(fc.constantFrom('head', 'end', 'remove'), fc.nat(4))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const people = Array.from({ length: 5 }, (_, name) => new Person(name))
        const line = new Line<Person>()
        let names: number[] = []
        for (const [action, name] of steps) {
          const person = people[name] as Person
          const isIn = names.includes(name)
          names = names.filter((other) => action === 'head' || other !== name)
          if (action === 'head' && !isIn) {
            line.putAtHead(person)
            names.unshift(name)
          } else if (action === 'end' && isIn) {
            line.moveToEnd(person)
            names.push(name)
          } else if (action === 'remove' && isIn) line.remove(person)
        }
        const found = everybody(line)
        expect(found.map((person) => person.name)).toEqual(names)
        const turns = found.map((person) => person.turn)
        expect(turns).toEqual(turns.toSorted((a, b) => a - b))
      }),
    )
  })
})
