import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@resumelb/common/testing'
import { afterEach, describe, expect, test } from 'vitest'
import type { Job, Result } from '../../../affinity/load/job.ts'
import { JobRun } from '../../../affinity/load/run-job.ts'

const servers: Server[] = []

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    }),
  )
})

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const hit: RequestListener = (_request, response) => {
  response.setHeader('x-served', 'w1;hit;1').end('page')
}

function jobFor(ports: readonly number[], more: Partial<Job>): Job {
  return {
    ports,
    tenants: ['a.test', 'b.test'],
    zipf: 1,
    seed: 'test',
    load: { kind: 'closed', users: 4 },
    warmUpSeconds: 0,
    seconds: 3600,
    ...more,
  }
}

/** Runs the job until something is so. */
async function runUntil(job: Job, isSo: () => boolean): Promise<Result> {
  const run = new JobRun(job)
  const result = run.result()
  await until(isSo)
  run.finish()
  return await result
}

describe('JobRun', () => {
  test('keeps as many requests in progress as there are users', async () => {
    let inProgress = 0
    let most = 0
    let answers = 0
    const port = await listen((request, response) => {
      most = Math.max(most, ++inProgress)
      setTimeout(() => {
        inProgress--
        answers++
        hit(request, response)
      }, 5)
    })
    const result = await runUntil(jobFor([port], {}), () => answers > 20)
    expect(most).toBe(4)
    expect(result.answered).toBeGreaterThan(0)
    expect(result).toMatchObject({ asked: result.answered, hits: result.answered, shed: {} })
  })

  test('spreads users evenly over the balancers', async () => {
    const asked = [0, 0]
    const ports = await Promise.all(
      [0, 1].map((i) =>
        listen(() => {
          asked[i]!++
        }),
      ),
    )
    await runUntil(jobFor(ports, {}), () => asked[0]! + asked[1]! === 4)
    expect(asked).toEqual([2, 2])
  })

  test('asks for the tenants by their Host, in the same order for the same seed', async () => {
    const orders: string[][] = []
    for (let i = 0; i < 2; i++) {
      const hosts: string[] = []
      const port = await listen((request, response) => {
        hosts.push(`${request.headers.host}${request.url}`)
        hit(request, response)
      })
      const job = jobFor([port], { load: { kind: 'closed', users: 1 } })
      await runUntil(job, () => hosts.length > 20)
      orders.push(hosts.slice(0, 20))
    }
    expect(orders[0]).toEqual(orders[1])
    expect(new Set(orders[0]?.map((order) => order.split('/')[0]))).toEqual(
      new Set(['a.test', 'b.test']),
    )
  })

  test('counts from when a request was due, so that a stalled balancer cannot hide it', async () => {
    const port = await listen(() => {})
    const job = jobFor([port], { load: { kind: 'open', rate: 200 }, seconds: 0.2 })
    const result = await new JobRun(job).result()
    expect(result.asked).toBeGreaterThan(10)
    expect(result).toMatchObject({ answered: 0, shed: { 'no answer': result.asked } })
    expect(result.latency.p50).toBeGreaterThan(1000)
  })

  test('counts refusals by their status', async () => {
    let refused = 0
    const port = await listen((_request, response) => {
      refused++
      response.writeHead(503).end()
    })
    const result = await runUntil(jobFor([port], {}), () => refused > 10)
    expect(result.answered).toBe(0)
    expect(result.shed).toEqual({ '503': result.asked })
    expect(result.asked).toBeGreaterThan(0)
  })

  test('ends when it is asked to finish', async () => {
    const port = await listen(hit)
    const run = new JobRun(jobFor([port], {}))
    const result = run.result()
    run.finish()
    expect((await result).seconds).toBeLessThan(3600)
  })
})
