import { describe, expect, test } from 'vitest'
import type { HistoryStatus } from '../../../src/admin/history-document.ts'
import { changed, historyLength, modelOf } from '../../../src/admin/page/model.ts'
import { stateOf } from '../../../src/admin/page/worker-state.ts'
import type { AdminStatus, StatusChange } from '../../../src/admin/status-document.ts'
import type { WorkerStatus } from '../../../src/admin/worker-status.ts'

const recent = {
  ...{ requestsPerSecond: 1, errorsPerSecond: 0, affinityHitRatio: 1, spillRatio: 0 },
  ...{ regretSeconds: null, duration: { p50: 1, p90: 2, p99: 3 } },
}

const worker = (address: string, more: Partial<WorkerStatus> = {}) =>
  ({
    address,
    backlog: 0,
    state: 'ready',
    handingOver: null,
    isHeld: false,
    ejectedUntil: null,
    ...more,
  }) as WorkerStatus

const status = {
  time: 't0',
  balancer: { id: 'x', backlog: 4, waiting: 0, recent },
  workers: [worker('a'), worker('c')],
  classes: [{ name: 'one' }, { name: 'two' }],
  incidents: [],
} as unknown as AdminStatus

const history = {
  series: {
    ...{ backlog: [1, 2], waiting: [0, 0], requestsPerSecond: [1, 1], errorsPerSecond: [0, 0] },
    ...{ affinityHitRatio: [1, 1], spillRatio: [0, 0], regretSeconds: [null, null] },
    warmUnitRatio: [null, 0.5],
    ...{ p50: [1, 1], p90: [2, 2], p99: [3, 3] },
  },
  workers: { a: [7] },
} as unknown as HistoryStatus

const change = {
  time: 't1',
  balancer: { ...status.balancer, backlog: 9 },
  workers: [worker('b', { backlog: 5 })],
  workersGone: ['c'],
  classes: [{ name: 'three' }],
  classesGone: ['one'],
  incidents: [{ time: 't1', kind: 'workerUp', worker: 'b', text: 'connected' }],
} as unknown as StatusChange

describe('the model of the page', () => {
  test('begins with the history that the server has kept', () => {
    const { series, backlogs } = modelOf(status, history)
    expect(series.backlog).toEqual([1, 2])
    expect([...backlogs]).toEqual([
      ['a', [7]],
      ['c', []],
    ])
  })

  test('adds, replaces and removes rows, and leaves the others as they are', () => {
    const before = modelOf(status, history)
    const after = changed(before, change)
    expect(after.workers.map(({ address }) => address)).toEqual(['a', 'b'])
    expect(after.workers[0]).toBe(before.workers[0])
    expect(after.classes.map(({ name }) => name)).toEqual(['two', 'three'])
    expect(after.incidents).toHaveLength(1)
  })

  test('adds a value to each series, and keeps five minutes', () => {
    let model = changed(modelOf(status, history), change)
    expect(model.series.backlog).toEqual([1, 2, 9])
    expect(model.series.p99).toEqual([3, 3, 3])
    expect([...model.backlogs]).toEqual([
      ['a', [7, 0]],
      ['b', [5]],
    ])
    for (let i = 0; i < historyLength; i++) model = changed(model, change)
    expect(model.series.backlog).toHaveLength(historyLength)
  })
})

describe('the state of a worker', () => {
  test.each([
    [{}, 'ready', 'good'],
    [{ state: 'warming' }, 'warming', 'pending'],
    [{ state: 'warming', warmUp: { done: 12, total: 40 } }, 'warming 12/40', 'pending'],
    [{ state: 'connecting' }, 'connecting', 'bad'],
    [{ state: 'waiting', isHeld: true }, 'unreachable', 'bad'],
    [{ isHeld: true, handingOver: 3 }, 'handing over 3', 'pending'],
    [{ isHeld: true, backlog: 1 }, 'draining', 'pending'],
    [{ isHeld: true }, 'drained', 'pending'],
    [{ ejectedUntil: '2026-01-01T00:00:01Z' }, 'ejected', 'bad'],
    [{ ejectedUntil: '2025-12-31T23:59:59Z' }, 'ready', 'good'],
  ] as const)('%j is shown as %s', (facts, text, tone) => {
    expect(stateOf(worker('a', facts), '2026-01-01T00:00:00Z')).toEqual({ text, tone })
  })
})
