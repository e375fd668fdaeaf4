import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergedStatus, noTotals, type ProcessReport } from '../../../src/admin/merged/status.ts'
import { type RecentCounts, rounded } from '../../../src/admin/recent.ts'
import type { ClassStatus } from '../../../src/admin/status-document.ts'
import type { WorkerStatus } from '../../../src/admin/worker-status.ts'

const early = '2026-01-01T00:00:00.000Z'
const late = '2026-01-01T00:00:09.000Z'

const facts = {
  ...{ id: 'all', pid: 1, software: 'resumelb/1', startedAt: early, time: late },
  ...{ isDraining: false, memoryBytes: 1, retired: undefined, incidents: [] },
}

const worker: WorkerStatus = {
  ...{ address: 'a:1', state: 'ready', isReady: true, isHeld: false, isStandby: false },
  ...{ capacity: 1, ejectedUntil: null, description: null, version: null, connectedAt: early },
  ...{ backlog: 0, oldestRequestAt: null, unsentBytes: 0, load: null, requests: 0, errors: 0 },
  ...{ retries: 0, ejections: 0, disconnects: 0, requestsPerSecond: 0, meanSeconds: null },
  ...{ warmUp: null, handingOver: null, isInMaintenance: false, lastFailure: null },
  warmUnitRatio: null,
}

interface Given {
  readonly workers?: readonly WorkerStatus[]
  readonly classes?: readonly ClassStatus[]
  readonly requests?: number
  readonly durations?: readonly number[]
  readonly isReady?: boolean
}

function report(process: number, given: Given): ProcessReport {
  const { workers = [], classes = [], requests = 0, durations = [0, 0, 0], isReady = true } = given
  const recent: RecentCounts = {
    ...{ seconds: 10, requests, errors: 0, retries: 0, affinityLookups: requests },
    ...{ affinityHits: 0, regrets: 0, regretSeconds: 0, choices: 0, spills: 0 },
    ...{ units: 0, chainUnits: 0, warmUnits: 0 },
    ...{ duration: durations, timeToFirstByte: durations, queue: durations },
  }
  const none = { duration: null, timeToFirstByte: null, queue: null }
  const balancer = {
    ...{ software: 'resumelb/1', id: `${process}`, pid: process, startedAt: early, isReady },
    ...{ isDraining: false, backlog: process, waiting: 0, oldestRequestAt: null },
    ...{ countedClasses: process, memoryBytes: 100, settings: { price: 1 } },
    totals: { ...noTotals, requests, codes: { '2xx': requests }, choices: { home: requests } },
    recent: {
      ...{ seconds: 10, requestsPerSecond: requests / 10, errorsPerSecond: 0 },
      ...{ retriesPerSecond: 0, affinityHitRatio: null, spillRatio: null, regretSeconds: null },
      ...{ unitsPerSecond: 0, warmUnitRatio: null },
      ...none,
    },
  }
  return { process, recent, status: { time: late, balancer, workers, classes, incidents: [] } }
}

describe('the status of several processes', () => {
  test('counts what all of them have counted, and those that have ended', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000)), fc.nat(1_000), (all, before) => {
        const reports = all.map((requests, index) => report(index + 1, { requests }))
        const retired = { ...noTotals, requests: before }
        const { balancer } = mergedStatus(reports, { ...facts, retired }, 0)
        const sum = all.reduce((total, one) => total + one, 0)
        expect(balancer.totals.requests).toBe(before + sum)
        expect(balancer.totals.codes['2xx'] ?? 0).toBe(sum)
        expect(balancer.totals.choices.home ?? 0).toBe(sum)
        expect(balancer.recent.requestsPerSecond).toBe(rounded(sum / 10))
        expect(balancer.processes?.map(({ requests }) => requests)).toEqual(all)
      }),
    )
  })

  test('has the percentiles of all requests, not those of the processes', () => {
    const [fast, slow] = [
      report(1, { requests: 90, durations: [90, 0, 0] }),
      report(2, { requests: 10, durations: [0, 0, 10] }),
    ]
    const { recent } = mergedStatus([fast, slow], facts, 0).balancer
    expect(recent.duration?.p50).toBeLessThan(0.0005)
    expect(recent.duration?.p99).toBeGreaterThan(0.001)
  })

  test('is ready if one process is', () => {
    const [one, other] = [report(1, { isReady: false }), report(2, { isReady: true })]
    expect(mergedStatus([one, other], facts, 0).balancer.isReady).toBe(true)
    expect(mergedStatus([one], facts, 0).balancer.isReady).toBe(false)
    expect(mergedStatus([], facts, 0).balancer.isReady).toBe(false)
  })

  test('has one row for each worker: sums, the oldest request, and the best state', () => {
    const lost: WorkerStatus = {
      ...worker,
      ...{ state: 'connecting', isReady: false, connectedAt: null, backlog: 2, requests: 5 },
      ...{ oldestRequestAt: early, requestsPerSecond: 1, meanSeconds: 4 },
      lastFailure: { code: 'X', reason: 'lost', at: late, failures: 1 },
    }
    const used: WorkerStatus = {
      ...worker,
      ...{ backlog: 1, requests: 7, oldestRequestAt: late, requestsPerSecond: 3, meanSeconds: 0 },
      load: {
        ...{ concurrency: 4, isConcurrencyAssumed: false, requests: 3, eventLoopDelaySeconds: 0 },
      },
    }
    const { workers } = mergedStatus(
      [report(1, { workers: [lost] }), report(2, { workers: [used] })],
      facts,
      0,
    )
    expect(workers).toEqual([
      {
        ...used,
        ...{ backlog: 3, requests: 12, oldestRequestAt: early, requestsPerSecond: 4 },
        ...{ meanSeconds: 1, lastFailure: lost.lastFailure },
      },
    ])
  })

  test('has the warm part of all units of a worker, wherever it had any', () => {
    const of = (requests: number, warmUnitRatio: number | null): WorkerStatus => ({
      ...worker,
      ...{ requests, warmUnitRatio },
    })
    const reports = [of(10, 0.5), of(30, 0.9), of(60, null)].map((one, index) =>
      report(index + 1, { workers: [one] }),
    )
    expect(mergedStatus(reports, facts, 0).workers[0]?.warmUnitRatio).toBe(0.8)
    const none = mergedStatus([report(1, { workers: [of(5, null)] })], facts, 0)
    expect(none.workers[0]?.warmUnitRatio).toBeNull()
  })

  test('has one row for each class, the busiest first', () => {
    const row = (name: string, requests: number, meanSeconds: number): ClassStatus => ({
      ...{ name, requests, floor: 0, requestsPerSecond: requests / 10, meanSeconds },
      ...{ affinityHitRatio: null, warmUnitRatio: null, next: 'a:1' },
      workers: [{ worker: 'a:1', role: 'home', seconds: 1, count: requests, requestsPerSecond: 1 }],
    })
    const { classes } = mergedStatus(
      [
        report(1, { classes: [row('x', 10, 1), row('y', 15, 1)] }),
        report(2, { classes: [row('x', 30, 2), row('z', 1, 1)] }),
      ],
      facts,
      2,
    )
    expect(classes.map(({ name, requests }) => [name, requests])).toEqual([
      ['x', 40],
      ['y', 15],
    ])
    expect(classes[0]).toMatchObject({ meanSeconds: 1.75, requestsPerSecond: 4 })
    expect(classes[0]?.workers).toMatchObject([{ worker: 'a:1', count: 30 }])
  })
})
