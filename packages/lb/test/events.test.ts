import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { LoadBalancerEventMap } from '../src/events.ts'
import type { LoadBalancer } from '../src/load-balancer.ts'
import { ask, open, startBalancer, startWorker, until } from './support/balancer.ts'
import { plain, reported, silent } from './support/tiny-worker.ts'

/** What the events of these names tell, as they come. */
function listen<Name extends keyof LoadBalancerEventMap>(balancer: LoadBalancer, ...names: Name[]) {
  const heard: [Name, unknown][] = []
  for (const name of names) {
    balancer.events.on(name as string as 'requestEnded', (fact) => heard.push([name, fact]))
  }
  return heard
}

describe('the events of a load balancer', () => {
  test('tell of each request that ends: its outcome, its worker and its times', async () => {
    const worker = await startWorker()
    const { port, ended } = await startBalancer([worker])
    await ask(port, { headers: { host: 'a.example' } })
    await until(() => ended.length === 1)
    const [{ startedAt, answeredAt = 0, endedAt } = { startedAt: 0, endedAt: 0 }] = ended
    expect(ended[0]).toMatchObject({
      requestClass: 'a.example',
      outcome: 'served',
      reason: undefined,
      status: 200,
      worker: worker.address,
      attempts: 1,
      isTruncated: false,
      bytesSent: 5,
    })
    expect(startedAt).toBeLessThanOrEqual(answeredAt)
    expect(answeredAt).toBeLessThanOrEqual(endedAt)
  })

  test('tell of a retry before the end, with the worker that has failed', async () => {
    const bad = await startWorker(({ stream }) => stream.reset('REFUSED'))
    const { port, balancer, ended } = await startBalancer([bad], { waitTimeout: 0 })
    const heard = listen(balancer, 'requestRetried', 'requestFailed', 'requestShed')
    expect((await ask(port)).status).toBe(503)
    expect(heard.map(([name]) => name)).toEqual(['requestRetried', 'requestFailed', 'requestShed'])
    expect(heard[0]?.[1]).toMatchObject({ worker: bad.address, attempts: 1, reset: 'REFUSED' })
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ outcome: 'shed', reason: 'REFUSED', answeredAt: undefined })
  })

  test('tell a request that its client abandons from one that is refused', async () => {
    const worker = await startWorker(silent)
    const { port, ended } = await startBalancer([worker])
    const leaving = open(port)
    leaving.on('error', () => undefined).end()
    await worker.caught(1)
    leaving.socket?.resetAndDestroy()
    await until(() => ended.length === 1)
    expect((await ask(port, { headers: { expect: 'a miracle' } })).status).toBe(417)
    await until(() => ended.length === 2)
    expect(ended.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['abandoned', 'CLIENT_DISCONNECTED'],
      ['refused', 'UNSUPPORTED_EXPECTATION'],
    ])
  })

  test('tell of workers that come, are ejected, drain and go', async () => {
    const bad = await startWorker(({ stream }) =>
      stream.respond({ ...plain, status: 500 }, undefined, reported),
    )
    const good = await startWorker()
    const { port, balancer } = await startBalancer([good], { maxFailures: 1 })
    const heard = listen(balancer, 'workerUp', 'workerEjected', 'workerDraining', 'workerDown')
    balancer.setWorkers([good.address, bad.address])
    await once(balancer.events, 'workerUp')
    while (bad.requests.length === 0) await ask(port)
    bad.tell({ state: 'draining' })
    await once(balancer.events, 'workerDown')
    const worker = bad.address
    expect(heard).toEqual([
      ['workerUp', { worker, version: '', classes: 0 }],
      ['workerEjected', { worker, seconds: 5 }],
      ['workerDraining', { worker }],
      ['workerDown', { worker, reason: 'the worker is draining' }],
    ])
  })
})

test('explain returns where a request would go, as plain data', async () => {
  const workers = [await startWorker(), await startWorker()]
  const { balancer } = await startBalancer(workers, { pool: 'cost' })
  const explanation = balancer.explain({ requestClass: 'a' })
  const addresses = workers.map(({ address }) => address)
  expect(addresses).toContain(explanation?.chosen)
  expect(explanation?.candidates.map(({ worker }) => worker).sort()).toEqual(addresses.sort())
  expect(balancer.backlog).toBe(0)
})
