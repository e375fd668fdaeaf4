import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkTable } from '../../../src/pool/structures/link-table.ts'

function holdersOf(table: LinkTable, link: number): number[] {
  const holders: number[] = []
  table.forEach(link, (holder) => holders.push(holder))
  return holders.sort((a, b) => a - b)
}

/** Links that meet in the table, and large ones. */
const link = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(2 ** 32 + 1, 2 ** 48 - 1))
const holder = fc.integer({ min: 0, max: 3 })
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), link, holder }),
  fc.record({ do: fc.constant('delete' as const), link, holder }),
  fc.record({ do: fc.constant('deleteAll' as const), link, holder }),
)

describe('LinkTable', () => {
  test('knows the holders of a link', () => {
    const table = new LinkTable(100)
    table.add(7, 2)
    table.add(7, 0)
    table.add(7, 2)
    expect([holdersOf(table, 7), table.count(7), table.size]).toEqual([[0, 2], 2, 2])
    expect([holdersOf(table, 8), table.count(8)]).toEqual([[], 0])
  })

  test('holds the same pairs as a set, whatever is added and deleted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new LinkTable(1000)
        const pairs = new Set<string>()
        for (const { do: what, link, holder } of steps) {
          table[what === 'deleteAll' ? 'deleteAll' : what](
            ...((what === 'deleteAll' ? [holder] : [link, holder]) as [number, number]),
          )
          if (what === 'add') pairs.add(`${link} ${holder}`)
          else if (what === 'delete') pairs.delete(`${link} ${holder}`)
          else for (const pair of pairs) if (pair.endsWith(` ${holder}`)) pairs.delete(pair)
        }
        const links = [...new Set(steps.map((each) => each.link))]
        const found = links.flatMap((each) => holdersOf(table, each).map((h) => `${each} ${h}`))
        expect(new Set(found)).toEqual(pairs)
        expect(table.size).toBe(pairs.size)
      }),
    )
  })

  test('grows', () => {
    const table = new LinkTable(1e6)
    for (let link = 1; link <= 10_000; link++) table.add(link * 2 ** 20, link % 5)
    for (let link = 1; link <= 10_000; link++) {
      expect(holdersOf(table, link * 2 ** 20)).toEqual([link % 5])
    }
  })

  test('adds all links of a chain from one on', () => {
    const table = new LinkTable(1e5)
    const links = Array.from({ length: 5000 }, (_, i) => 1 + i * 2 ** 30)
    table.addAll(links, 3, 7)
    table.addAll(links, 4998, 8)
    expect(links.slice(0, 3).map((link) => table.count(link))).toEqual([0, 0, 0])
    expect(links.slice(3, 4998).every((link) => table.has(link, 7))).toBe(true)
    expect([holdersOf(table, links[4999] as number), table.size]).toEqual([[7, 8], 4999])
  })

  test('keeps links whose holders are counted, beyond its limit', () => {
    const table = new LinkTable(100)
    for (const holder of [0, 1, 2]) table.add(1, holder)
    for (let link = 2; link <= 1000; link++) {
      table.count(1)
      table.add(link, 0)
    }
    expect(table.count(1)).toBe(3)
  })

  test('forgets links that were not used lately, beyond its limit', () => {
    const table = new LinkTable(100)
    table.add(1, 0)
    for (let link = 2; link <= 1000; link++) {
      holdersOf(table, 1)
      table.add(link, 0)
    }
    expect(table.size).toBe(100)
    expect([table.count(1), table.count(2), table.count(1000)]).toEqual([1, 0, 1])
  })
})
