import { expect, test } from 'vitest'
import { mergedBacklogs } from '../../../src/admin/merged/backlogs.ts'

test('the backlogs of several processes are those of all, with the oldest request', () => {
  const one = {
    ...{ backlog: 2, mean_backlog: 1.5 },
    workers: [['a', 2, 1.5, 100]] as const,
    workers_ex: [['a', 10]] as const,
  }
  const other = {
    ...{ backlog: 4, mean_backlog: 3 },
    workers: [
      ['b', 3, 2.5, null],
      ['a', 1, 0.5, 50],
    ] as const,
    workers_ex: [
      ['b', 0],
      ['a', 5],
    ] as const,
  }
  expect(mergedBacklogs([one, other])).toEqual({
    ...{ backlog: 6, mean_backlog: 4.5 },
    workers: [
      ['a', 3, 2, 50],
      ['b', 3, 2.5, null],
    ],
    workers_ex: [
      ['a', 15],
      ['b', 0],
    ],
  })
})

test('without any process there are no workers', () => {
  const none = { backlog: 0, mean_backlog: 0, workers: [], workers_ex: [] }
  expect(mergedBacklogs([])).toEqual(none)
})
