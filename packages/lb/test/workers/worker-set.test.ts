import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LoadBalancerEvents } from '../../src/events.ts'
import { ClasslessPool } from '../../src/pool/policies/classless-pool.ts'
import type { WorkerTraits } from '../../src/pool/pool.ts'
import { absencePatience } from '../../src/workers/presence.ts'
import { resolveUpstreamOptions } from '../../src/workers/upstream/options.ts'
import type { Worker } from '../../src/workers/worker.ts'
import { WorkerSet } from '../../src/workers/worker-set.ts'
import { startWorker, until } from '../support/balancer.ts'

function makeSet() {
  const clock = new ManualClock()
  const pool = new ClasslessPool<Worker>()
  const told: string[] = []
  const events = new LoadBalancerEvents()
  events.on('workerUp', ({ worker }) => told.push(`up ${worker}`))
  events.on('workerDown', ({ worker }) => told.push(`down ${worker}`))
  events.on('noWorker', ({ workers, waiting, seconds }) =>
    told.push(`none of ${workers} for ${waiting}, for ${seconds} s`),
  )
  const workers = new WorkerSet({
    pool,
    identity: { role: 'balancer', software: 'test', id: 'test' },
    clock,
    random: () => 0.5,
    log: silentLogger,
    connectTimeout: 5000,
    maxClassShare: 1,
    measuredResumes: new Map(),
    upstream: resolveUpstreamOptions({}),
    onAvailable: () => told.push('available'),
    events,
    waiting: () => 3,
  })
  onTestFinished(() => workers.close())
  return { clock, pool, told, workers }
}

describe('WorkerSet', () => {
  test('takes addresses as texts or in parts, each worker once', () => {
    const { workers } = makeSet()
    workers.set(['127.0.0.1:1', { host: '127.0.0.1', port: 1 }, { host: '::1', port: 2 }], 'retire')
    expect(workers.snapshots()).toMatchObject([
      { address: '127.0.0.1:1', state: 'connecting', isReady: false, backlog: 0 },
      { address: '[::1]:2', state: 'connecting', version: undefined, load: undefined },
    ])
  })

  test('gives the pool those that are connected, and returns their state', async () => {
    const worker = await startWorker()
    worker.version = '7'
    const { pool, told, workers } = makeSet()
    workers.set([worker.address], 'retire')
    expect([pool.size, workers.hasReady]).toEqual([0, false])
    await until(() => pool.size === 1)
    expect(told).toEqual([`up ${worker.address}`, 'available'])
    expect(workers.hasReady).toBe(true)
    expect(workers.snapshots()).toMatchObject([
      { state: 'ready', isReady: true, version: '7', load: { concurrency: 100 } },
    ])
  })

  test('tells the pool who is on standby, and when that changes', async () => {
    const [first, spare] = [await startWorker(), await startWorker()]
    const { pool, workers } = makeSet()
    const updates: [key: string, standby: boolean | undefined][] = []
    const update = pool.update.bind(pool)
    pool.update = (link, news) => {
      if (news.traits !== undefined) updates.push([link.key, news.traits.standby])
      update(link, news)
    }
    workers.set([first.address, `standby=${spare.address}`], 'retire')
    await until(() => pool.size === 2)
    workers.set([first.address, spare.address], 'retire')
    expect(updates).toContainEqual([first.address, undefined])
    expect(updates.filter(([key]) => key === spare.address)).toEqual([
      [spare.address, true],
      [spare.address, undefined],
    ])
  })

  test('shares plans with other load balancers by way of workers that know how', async () => {
    const [worker, older] = [await startWorker(), await startWorker()]
    worker.sharesPlans = true
    const { pool, workers } = makeSet()
    const traits = new Map<string, WorkerTraits>()
    const planned: unknown[] = []
    const update = pool.update.bind(pool)
    pool.update = (link, news) => {
      if (news.traits !== undefined) traits.set(link.key, news.traits)
      if (news.planned !== undefined) planned.push(link.key, news.planned)
      update(link, news)
    }
    const home = { requestClass: 'a', delay: 0, seconds: 20, instead: older.address }
    workers.set([older.address, worker.address], 'retire')
    await until(() => pool.size === 2)
    for (const { announce } of traits.values()) announce?.(home)
    await until(() => worker.handOvers.length > 0)
    expect([worker, older].map(({ handOvers }) => handOvers)).toEqual([
      [{ step: 'plan', home }],
      [],
    ])
    const [connection] = worker.connections
    connection?.sendHandOver({ step: 'lead', leads: false })
    await until(() => traits.get(worker.address)?.follows === true)
    connection?.sendHandOver({ step: 'planned', home })
    await until(() => planned.length > 0)
    expect(planned).toEqual([worker.address, home])
    expect(traits.get(older.address)?.follows).toBeUndefined()
  })

  test('forgets an idle worker that is retired, and keeps one that is released', async () => {
    const [retired, released] = [await startWorker(), await startWorker()]
    const { pool, told, workers } = makeSet()
    workers.set([retired.address, released.address], 'retire')
    await until(() => pool.size === 2)
    workers.set([released.address], 'retire')
    await until(() => workers.size === 1)
    workers.set([], 'release')
    expect(workers.snapshots()).toMatchObject([{ address: released.address, state: 'ready' }])
    released.breakConnections()
    await until(() => workers.size === 0)
    expect(pool.size).toBe(0)
    expect(told.slice(-2)).toEqual([`down ${retired.address}`, `down ${released.address}`])
  })

  test('reports that no worker is connected, but not after its own close', async () => {
    const { clock, told, workers } = makeSet()
    await clock.advance(60_000)
    expect(told).toEqual([])
    workers.set([], 'retire')
    await clock.advance(absencePatience)
    expect(told).toEqual(['none of 0 for 3, for 1 s'])
    workers.close()
    await clock.advance(10 * 60_000)
    expect(told).toEqual(['none of 0 for 3, for 1 s'])
  })
})
