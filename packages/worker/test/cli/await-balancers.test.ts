import { createServer } from 'node:net'
import type { TcpAddress } from '@resumelb/common'
import { Connection } from '@resumelb/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { awaitBalancers } from '../../src/cli/await-balancers.ts'
import { silentLogger, Worker } from '../../src/index.ts'
import { TestBalancer } from '../support/balancer.ts'
import { serve } from '../support/setup.ts'

const timeout = 5_000
const handler = (_req: unknown, res: { end(): void }) => res.end()

async function startWorker(port = 0): Promise<Worker> {
  const worker = new Worker(handler, {}, { log: silentLogger })
  onTestFinished(() => worker.close())
  await worker.listen({ host: '127.0.0.1', port })
  return worker
}

describe('waiting for load balancers', () => {
  test('ends at once where enough are connected', async () => {
    const { worker } = await serve(handler)
    const wait = { duration: 60_000, balancers: 1, timeout }
    expect(await awaitBalancers(worker.address, wait)).toMatchObject({ facts: { balancers: 1 } })
  })

  test('bears with a worker that does not listen yet', async () => {
    const first = await startWorker()
    const { address } = first
    await first.close()
    const answer = awaitBalancers(address, { duration: 60_000, balancers: 1, timeout })
    const worker = await startWorker((address as TcpAddress).port)
    await TestBalancer.connect(worker)
    expect((await answer).error).toBe(undefined)
  })

  test('does not count those who only read the résumé', async () => {
    const worker = await startWorker()
    const answer = await awaitBalancers(worker.address, { duration: 50, balancers: 1, timeout })
    expect(answer.error).toBe(`waited 0.05 s for ${answer.address}: 0 of 1 load balancer connected`)
  })

  test('goes on while the worker is not ready', async () => {
    const { worker } = await serve(handler)
    worker.setReady(false)
    const answer = await awaitBalancers(worker.address, { duration: 50, balancers: 1, timeout })
    expect(answer.error).toMatch(/: it is unready$/)
  })

  test('says when the worker is of a release that does not tell', async () => {
    const load = { state: 'ready', concurrency: 1, requests: 0, eventLoopDelay: 0 } as const
    const worker = { description: '', version: '', load, resume: new Map() }
    const server = createServer((socket) => {
      const identity = { role: 'worker', software: 'old/1', id: 'old', worker } as const
      const events = { onHello: () => undefined, onClose: () => undefined }
      new Connection(socket, identity, events)
    })
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const address = { host: '127.0.0.1', port }
    const answer = await awaitBalancers(address, { duration: 50, balancers: 1, timeout })
    expect(answer.error).toMatch(/its release does not tell how many load balancers are connected$/)
  })
})
