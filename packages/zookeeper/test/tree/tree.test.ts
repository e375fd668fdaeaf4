import { expect, test } from 'vitest'
import { sortedEntries } from '../../src/tree/tree.ts'

test('sortedEntries goes by code units and leaves its input alone', () => {
  const entries = [
    ['b', 1],
    ['B', 2],
    ['a10', 3],
    ['a9', 4],
  ] as const
  expect(sortedEntries(entries).map(([name]) => name)).toEqual(['B', 'a10', 'a9', 'b'])
  expect(entries[0][0]).toBe('b')
})
