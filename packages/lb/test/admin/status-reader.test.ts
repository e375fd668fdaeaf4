import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AdminSource } from '../../src/admin/admin-source.ts'
import { StatusReader } from '../../src/admin/status-reader.ts'
import { workerFamilies } from '../../src/admin/worker-metrics.ts'
import { LoadBalancerEvents } from '../../src/events.ts'
import type { WorkerSnapshot } from '../../src/workers/worker.ts'

const worker: WorkerSnapshot = {
  ...{ address: 'a:1', state: 'ready', isReady: true, isHeld: false, isStandby: false },
  ...{ capacity: 1, backlog: 2, unsentLength: 0, connectedAt: 0, lastFailure: undefined },
  ...{ description: undefined, version: undefined, load: undefined, isUnlimited: false },
}

function setUp(more: Partial<AdminSource>) {
  const clock = new ManualClock()
  const source: AdminSource = {
    ...{
      events: new LoadBalancerEvents(),
      id: 'x',
      isDraining: false,
      backlog: 0,
      waiting: 0,
      waitingForClass: 0,
    },
    ...{ workers: [worker], requests: [], settings: {} },
    ...{ classify: () => ({ requestClass: '' }), explain: () => undefined },
    readsBody: () => false,
    ...{ updateSettings: () => undefined, addWorker: () => undefined },
    ...{ removeWorker: () => false, drainWorker: () => false, readyWorker: () => false },
    ...more,
  }
  const reader = new StatusReader(source, clock)
  onTestFinished(() => reader.stop())
  return { source, clock, reader }
}

describe('the oldest request', () => {
  test('is no upgraded connection, which may last for days', async () => {
    const requests = [
      { worker: 'a:1', startedAt: 1_000, isUpgraded: true },
      { worker: 'a:1', startedAt: 4_000 },
    ]
    const { source, clock, reader } = setUp({ requests })
    await clock.advance(5_000)
    const { time, balancer, workers } = reader.read(0)
    const oldest = new Date(Date.parse(time) - 1_000).toISOString()
    expect(balancer.oldestRequestAt).toBe(oldest)
    expect(workers[0]?.oldestRequestAt).toBe(oldest)
    const families = workerFamilies({ source, reader, clock, classes: 0 })
    const ages = families.find(({ name }) => name === 'resumelb_worker_oldest_request_seconds')
    expect(ages?.values).toEqual([{ value: 1, labels: { worker: 'a:1' } }])
  })

  test('of all may be one that no worker has', async () => {
    const { clock, reader } = setUp({ requests: [{ worker: '', startedAt: 2_000 }] })
    await clock.advance(5_000)
    const { time, balancer, workers } = reader.read(0)
    expect(Date.parse(time) - Date.parse(balancer.oldestRequestAt ?? '')).toBe(3_000)
    expect(workers[0]?.oldestRequestAt).toBe(null)
  })
})
