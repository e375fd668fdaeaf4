import { expect, test } from 'vitest'
import { connectionLimit, openFilesLimit } from '../../src/cli/connection-limit.ts'

test.each([
  { openFiles: 200, connections: 150 },
  { openFiles: 1024, connections: 768 },
  { openFiles: 65_536, connections: 65_280 },
  { openFiles: 1, connections: 1 },
  { openFiles: 1024, wanted: 500, connections: 500 },
  { openFiles: 1024, wanted: 1000, connections: 768 },
  { openFiles: undefined, wanted: 1000, connections: 1000 },
  { openFiles: undefined, connections: undefined },
])(
  'of $openFiles files, if $wanted are wanted, $connections may be connections of clients',
  (row) => {
    expect(connectionLimit(row.openFiles, row.wanted)).toBe(row.connections)
  },
)

test('the limit of open files is known, unless there is none', () => {
  const limit = openFilesLimit()
  if (limit !== undefined) expect(limit).toBeGreaterThan(10)
})
