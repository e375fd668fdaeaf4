import { describe, expect, test } from 'vitest'
import { History, maxSamples } from '../../src/admin/history.ts'
import type { Recent } from '../../src/admin/status-document.ts'

const recent: Recent = {
  seconds: 10,
  requestsPerSecond: 3,
  errorsPerSecond: 1,
  retriesPerSecond: 0,
  affinityHitRatio: 0.5,
  spillRatio: null,
  regretSeconds: 0.01,
  unitsPerSecond: 100,
  warmUnitRatio: 0.75,
  duration: { p50: 0.1, p90: 0.2, p99: 0.3 },
  timeToFirstByte: null,
  queue: null,
}

describe('History', () => {
  test('keeps a value of each series for each sample', () => {
    const history = new History()
    history.add({ backlog: 2, waiting: 1, recent, workers: [{ address: 'a', backlog: 2 }] })
    history.add({
      backlog: 5,
      waiting: 0,
      recent: { ...recent, duration: null },
      workers: [
        { address: 'a', backlog: 3 },
        { address: 'b', backlog: 2 },
      ],
    })
    expect(history.read('id', 'now')).toEqual({
      id: 'id',
      time: 'now',
      series: {
        backlog: [2, 5],
        waiting: [1, 0],
        requestsPerSecond: [3, 3],
        errorsPerSecond: [1, 1],
        affinityHitRatio: [0.5, 0.5],
        spillRatio: [null, null],
        regretSeconds: [0.01, 0.01],
        warmUnitRatio: [0.75, 0.75],
        p50: [0.1, null],
        p90: [0.2, null],
        p99: [0.3, null],
      },
      workers: { a: [2, 3], b: [2] },
    })
  })

  test('forgets what is older than its limit, and workers that have gone', () => {
    const history = new History()
    for (let backlog = 0; backlog < maxSamples + 2; backlog++) {
      const workers = backlog === 0 ? [{ address: 'gone', backlog }] : [{ address: 'a', backlog }]
      history.add({ backlog, waiting: 0, recent, workers })
    }
    const { series, workers } = history.read('id', 'now')
    expect([series.backlog.length, series.backlog[0]]).toEqual([maxSamples, 2])
    expect(Object.keys(workers)).toEqual(['a'])
    expect(workers['a']).toHaveLength(maxSamples)
  })
})
