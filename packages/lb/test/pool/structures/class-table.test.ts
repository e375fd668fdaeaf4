import { describe, expect, test } from 'vitest'
import { ClassTable } from '../../../src/pool/structures/class-table.ts'

function setUp(maxClasses: number) {
  const forgotten: (string | undefined)[] = []
  const table = new ClassTable(maxClasses, (number) => forgotten.push(table.nameOf(number)))
  return { table, forgotten }
}

describe('ClassTable', () => {
  test('gives each class a number of its own, and the same again', () => {
    const { table } = setUp(10)
    expect([table.use('a'), table.use('b'), table.use('a')]).toEqual([0, 1, 0])
    expect(table.find('b')).toBe(1)
    expect(table.find('c')).toBeUndefined()
    expect(table.nameOf(1)).toBe('b')
  })

  test('keeps classes that are used again through a million invented ones', () => {
    const { table, forgotten } = setUp(100)
    for (let i = 0; i < 1_000_000; i++) {
      table.use(`invented${i}`)
      if (i % 50 === 0) table.use('known')
    }
    expect(table.find('known')).toBeDefined()
    expect(table.size).toBe(100)
    expect(table.limit).toBeLessThanOrEqual(100)
    expect(forgotten).toHaveLength(1_000_001 - 100)
  })

  test('keeps the classes of a résumé through a million invented ones', () => {
    const { table } = setUp(100)
    for (let i = 0; i < 80; i++) table.use(`known${i}`, true)
    for (let i = 0; i < 1_000_000; i++) table.use(`invented${i}`)
    const left = Array.from({ length: 80 }, (_, i) => table.find(`known${i}`))
    expect(left.filter((number) => number !== undefined)).toHaveLength(80)
  })

  test('makes room for new classes when all have been used often', () => {
    const { table } = setUp(10)
    for (let round = 0; round < 9; round++) for (let i = 0; i < 10; i++) table.use(`old${i}`)
    for (let round = 0; round < 9; round++) for (let i = 0; i < 10; i++) table.use(`new${i}`)
    expect(table.size).toBe(10)
    expect(table.find('new9')).toBeDefined()
  })

  test('shrinks at once when it may hold less', () => {
    const { table, forgotten } = setUp(10)
    for (const name of ['a', 'b', 'c', 'a']) table.use(name)
    table.maxClasses = 1
    expect(table.size).toBe(1)
    expect(forgotten).toEqual(['b', 'c'])
    expect(table.find('a')).toBe(0)
  })

  test('still has the name of a class while it is being forgotten', () => {
    const { table, forgotten } = setUp(1)
    table.use('a')
    table.use('b')
    expect(forgotten).toEqual(['a'])
    expect(table.nameOf(table.find('b') ?? -1)).toBe('b')
  })
})
