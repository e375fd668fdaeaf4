import { describe, expect, test } from 'vitest'
import { Column, Rows } from '../../../src/pool/structures/rows.ts'

describe('Rows', () => {
  test('keep their numbers while others are added', () => {
    const rows = new Rows()
    rows.reserve(0)
    rows.set(0, 7, 0.5)
    rows.reserve(1000)
    rows.set(1000, 0, 2)
    expect([rows.get(0, 7), rows.get(1000, 0), rows.get(1000, 1)]).toEqual([0.5, 2, 0])
    rows.clear(0)
    expect(rows.get(0, 7)).toBe(0)
  })
})

describe('Column', () => {
  test('keeps its numbers while rows are added', () => {
    const column = new Column()
    column.reserve(0)
    column.set(0, 0.5)
    column.reserve(1000)
    column.set(1000, 2)
    expect([0, 999, 1000].map((row) => column.get(row))).toEqual([0.5, 0, 2])
  })
})
