/** A class that hangs or floods, and the others: real workers and a load balancer. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatAddress, silentLogger } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { LoadBalancer } from '@resumelb/lb'
import { Worker } from '@resumelb/worker'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'

/** Workers that answer all but the requests of the class `hangs`, and a load balancer. */
async function startSite(workers: number, concurrency: number) {
  const hanging: ServerResponse[] = []
  const log = silentLogger
  const started = await Promise.all(
    Array.from({ length: workers }, async () => {
      const handler = ({ headers, url }: IncomingMessage, response: ServerResponse) => {
        if (headers.host?.startsWith('hangs') && url !== '/known') hanging.push(response)
        else response.end('hello')
      }
      const worker = new Worker(handler, { concurrency }, { log })
      await worker.listen()
      onTestFinished(() => worker.close())
      return worker
    }),
  )
  const addresses = started.map(({ address }) => formatAddress(address))
  const balancer = new LoadBalancer({ workers: addresses, log })
  const server = createServer()
  balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    balancer.destroy()
    server.close()
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  const { port } = server.address() as AddressInfo
  const get = (host: string, path = '/') => ask(port, path, { headers: { host } })
  /** Leaves so many requests open that get no answer. */
  const hang = (count: number, host = 'hangs') => {
    for (let i = 0; i < count; i++) get(host).catch(() => undefined)
  }
  return { balancer, hanging, get, hang }
}

describe('a class whose requests hang', () => {
  test('leaves a slot of each worker to the others, also where none of them has come', async () => {
    const { balancer, hanging, get, hang } = await startSite(2, 4)
    for (let i = 0; i < 4; i++) await get('tenant')
    hang(50)
    await until(() => balancer.backlog === 50 && hanging.length > 0)
    for (let i = 0; i < 20; i++) expect((await get('tenant')).status).toBe(200)
    expect(hanging.length).toBeLessThanOrEqual(6)
    expect(balancer.backlog).toBe(50)
  })

  test('leaves a slot to a class that is as new as itself', async () => {
    const { balancer, hanging, get, hang } = await startSite(2, 4)
    await get('tenant')
    hang(50)
    await until(() => balancer.backlog === 50 && hanging.length > 0)
    for (let i = 0; i < 5; i++) expect((await get(`new-${i}`)).status).toBe(200)
    expect(hanging.length).toBeLessThanOrEqual(4)
  })

  test('leaves slots to the others, beside two more that hang as well', async () => {
    const { balancer, hanging, get, hang } = await startSite(2, 8)
    const hosts = ['hangs-1', 'hangs-2', 'hangs-3']
    for (const host of ['tenant', ...hosts]) await get(host, '/known')
    for (const host of hosts) hang(50, host)
    await until(() => balancer.backlog === 150 && hanging.length > 0)
    for (let i = 0; i < 20; i++) expect((await get('tenant')).status).toBe(200)
    expect(hanging.length).toBeLessThan(16)
    expect(balancer.backlog).toBe(150)
  })

  test('leaves workers with one slot to the others', async () => {
    const { balancer, hanging, get, hang } = await startSite(4, 1)
    for (let i = 0; i < 4; i++) await get('tenant')
    hang(50)
    await until(() => balancer.backlog === 50 && hanging.length > 0)
    expect(hanging.length).toBeLessThanOrEqual(3)
    const busy = balancer.workers.filter(({ backlog }) => backlog > 0)
    expect(busy.length).toBeLessThanOrEqual(3)
  })
})

describe('a request that waits behind one that hangs', () => {
  test('is moved to another worker, whether or not it is of the same class', async () => {
    const { balancer, hanging, get, hang } = await startSite(3, 1)
    for (const host of ['tenant', 'hangs']) await get(host, '/known')
    hang(1)
    await until(() => hanging.length === 1)
    const stuck = balancer.workers.filter(({ backlog }) => backlog > 0)
    expect(stuck).toHaveLength(1)
    // They come together, so that some of them wait for the one that hangs.
    const all = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? get('tenant') : get('hangs', '/known'),
    )
    for (const { status } of await Promise.all(all)) expect(status).toBe(200)
    expect(hanging).toHaveLength(1)
  })

  test('is moved although other classes hang at most workers', async () => {
    const { hanging, get, hang } = await startSite(4, 1)
    const hosts = ['hangs-1', 'hangs-2']
    for (const host of ['tenant', ...hosts]) await get(host, '/known')
    for (const host of hosts) hang(1, host)
    await until(() => hanging.length === 2)
    const all = Array.from({ length: 20 }, () => get('tenant'))
    for (const { status } of await Promise.all(all)) expect(status).toBe(200)
    expect(hanging).toHaveLength(2)
  })
})
