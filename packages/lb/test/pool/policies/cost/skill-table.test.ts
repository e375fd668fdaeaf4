import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { none, SkillTable } from '../../../../src/pool/policies/cost/skill-table.ts'

/** The members that have a record of the class, in its order. */
function membersOf(table: SkillTable, classNumber: number): number[] {
  const count = table.countOf(classNumber)
  return Array.from({ length: count }, (_, place) => table.memberOf(table.at(classNumber, place)))
}

function classesOf(table: SkillTable, member: number): number[] {
  const classes: number[] = []
  for (let r = table.firstOf(member); r !== none; r = table.after(r)) classes.push(table.classOf(r))
  return classes.sort((a, b) => a - b)
}

describe('SkillTable', () => {
  test('keeps what was said last', () => {
    const table = new SkillTable()
    const record = table.add(3, 7)
    table.set(record, 0.5, 9, 4, 100)
    expect([table.seconds(record), table.count(record), table.rate(record, 100)]).toEqual([
      0.5, 9, 4,
    ])
    expect(table.rate(record, 102)).toBeCloseTo(4 / Math.E, 9)
    expect(table.demand(record, 102)).toBeCloseTo(2 / Math.E, 9)
    expect(table.find(3, 7)).toBe(record)
    expect(table.find(3, 8)).toBe(none)
    expect(table.find(7, 3)).toBe(none)
  })

  test('keeps a class in the order of counts, the greatest first', () => {
    const table = new SkillTable()
    for (const [member, count] of [3, 9, 1, 5].entries()) {
      table.set(table.add(0, member), 1, count, 0, 0)
    }
    expect(membersOf(table, 0)).toEqual([1, 3, 0, 2])
    table.set(table.find(0, 1), 1, 2, 0, 0)
    expect(membersOf(table, 0)).toEqual([3, 0, 1, 2])
  })

  test('moves a record a few places at a time', () => {
    const table = new SkillTable()
    for (let member = 0; member < 40; member++) table.set(table.add(0, member), 1, 100, 0, 0)
    const last = table.find(0, 39)
    table.set(last, 1, 200, 0, 0)
    expect(membersOf(table, 0).indexOf(39)).toBe(23)
    table.set(last, 1, 200, 0, 0)
    table.set(last, 1, 200, 0, 0)
    expect(membersOf(table, 0)[0]).toBe(39)
  })

  test('does not take a number for a record that is another by now', () => {
    const table = new SkillTable()
    const record = table.add(1, 2)
    table.remove(record)
    expect(table.isRecordOf(record, 1, 2)).toBe(false)
    expect(table.add(1, 3)).toBe(record)
    expect(table.isRecordOf(record, 1, 2)).toBe(false)
    expect(table.isRecordOf(record, 1, 3)).toBe(true)
    expect(table.isRecordOf(none, 1, 3)).toBe(false)
  })

  test('has the records that a map would have, by class and by member', () => {
    const step = fc.tuple(fc.nat(6), fc.nat(4), fc.option(fc.nat(20)))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new SkillTable()
        const model = new Map<string, number>()
        for (const [classNumber, member, count] of steps) {
          const found = table.find(classNumber, member)
          if (count === null) {
            if (found !== none) table.remove(found)
            model.delete(`${classNumber} ${member}`)
          } else {
            const record = found === none ? table.add(classNumber, member) : found
            table.set(record, 1, count, 0, 0)
            model.set(`${classNumber} ${member}`, count)
          }
        }
        expect(table.size).toBe(model.size)
        for (let classNumber = 0; classNumber <= 6; classNumber++) {
          const members = membersOf(table, classNumber)
          const counts = members.map(
            (member) => model.get(`${classNumber} ${member}`) ?? Number.NaN,
          )
          expect(counts).toEqual(counts.toSorted((a, b) => b - a))
        }
        for (let member = 0; member <= 4; member++) {
          const expected = [...model.keys()].filter((key) => key.endsWith(` ${member}`))
          expect(classesOf(table, member)).toEqual(expected.map((key) => Number(key[0])).sort())
        }
      }),
    )
  })
})
