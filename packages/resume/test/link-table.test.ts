import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkTable } from '../src/link-table.ts'

describe('LinkTable', () => {
  test('is as a Map', () => {
    const link = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 40 }).map((i) => 2 ** 47 + 2 ** 32 * i),
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    )
    const step = fc.tuple(link, fc.integer({ min: -1, max: 1000 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_000 }), (steps) => {
        const table = new LinkTable()
        const map = new Map<number, number>()
        for (const [key, value] of steps) {
          if (value < 0) {
            table.delete(key)
            map.delete(key)
          } else {
            table.set(key, value)
            map.set(key, value)
          }
        }
        expect(table.size).toBe(map.size)
        for (const [key] of steps) expect(table.get(key)).toBe(map.get(key) ?? -1)
      }),
    )
  })

  test('finds as many as there are, after all kinds of growth and removal', () => {
    const table = new LinkTable()
    for (let i = 1; i <= 50_000; i++) {
      table.set(i * 65_537, i)
      if (i > 10_000) table.delete((i - 10_000) * 65_537)
    }
    expect(table.size).toBe(10_000)
    for (let i = 40_001; i <= 50_000; i++) expect(table.get(i * 65_537)).toBe(i)
    expect(table.get(65_537)).toBe(-1)
    table.clear()
    expect([table.size, table.get(50_000 * 65_537)]).toEqual([0, -1])
  })
})
