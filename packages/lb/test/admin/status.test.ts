import { describe, expect, test } from 'vitest'
import { StatusBoard } from '../../src/admin/status.ts'

describe('StatusBoard', () => {
  test('has the backlog, oldest request and unsent bytes of each worker', () => {
    const requests = [
      { worker: 'b', startedAt: 4_000 },
      { worker: 'b', startedAt: 1_000 },
      { worker: '', startedAt: 0 },
    ]
    const board = new StatusBoard()
    const workers = new Map([
      ['b', 7],
      ['a', 0],
    ])
    expect(board.status(workers, requests, { now: 5_000, since1970: 100 })).toEqual({
      backlog: 2,
      mean_backlog: 0,
      workers: [
        ['a', 0, 0, null],
        ['b', 2, 0, 96],
      ],
      workers_ex: [
        ['a', 0],
        ['b', 7],
      ],
    })
  })

  test('counts an upgraded connection, and takes it for no request that lasts too long', () => {
    const requests = [
      { worker: 'a', startedAt: 1_000, isUpgraded: true },
      { worker: 'a', startedAt: 4_000 },
    ]
    const told = { now: 5_000, since1970: 100 }
    const { workers } = new StatusBoard().status(new Map([['a', 0]]), requests, told)
    expect(workers).toEqual([['a', 2, 0, 99]])
  })

  test('has means that follow the backlogs, and decay when these are over', () => {
    const board = new StatusBoard()
    const idle = new Map([['a', 0]])
    const busy = [{ worker: 'a', startedAt: 0 }]
    for (let now = 0; now <= 100_000; now += 250) board.look(['a'], busy, now)
    const full = board.status(idle, busy, { now: 100_000, since1970: 0 }).mean_backlog
    expect(full).toBeCloseTo(1, 3)
    board.look(['a'], [], 110_000)
    const faded = board.status(idle, [], { now: 110_000, since1970: 0 }).mean_backlog
    expect(faded).toBeCloseTo(Math.exp(-1), 3)
  })

  test('forgets workers that have gone', () => {
    const board = new StatusBoard()
    board.look(['a'], [{ worker: 'a', startedAt: 0 }], 0)
    board.look(['a'], [{ worker: 'a', startedAt: 0 }], 10_000)
    expect(board.status(new Map(), [], { now: 10_000, since1970: 0 })).toEqual({
      backlog: 0,
      mean_backlog: 0,
      workers: [],
      workers_ex: [],
    })
  })
})
