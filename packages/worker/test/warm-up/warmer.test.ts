/** A worker that warms up when it starts: real sockets, and a handler that remembers. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  getResume,
  type HandlerRequest,
  silentLogger,
  Worker,
  type WorkerOptions,
} from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'
import { listen } from '../upstream/serve-upstream.ts'

let folder = ''
let files = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resumelb-warm-up-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** A handler that writes down who asks for what. */
function recording(respond = (_req: IncomingMessage, res: ServerResponse) => void res.end('ok')) {
  const asked: string[] = []
  const handler = (request: HandlerRequest, response: ServerResponse) => {
    const { isWarmUp, requestClass } = request.resumelb
    asked.push(`${isWarmUp ? 'warm-up' : 'client'} ${requestClass} ${request.url}`)
    respond(request, response)
  }
  return { asked, handler: handler as (req: IncomingMessage, res: ServerResponse) => void }
}

/** The options of a worker that has served two requests of `a` and three of `b`. */
async function remembered(more: WorkerOptions = {}): Promise<WorkerOptions> {
  const resumeFile = join(folder, `resume-${files++}.json`)
  const options = { resumeFile, warmUp: 'replay', ...more } as const
  const { worker, balancer } = await serve((_req, res) => res.end('ok'), options)
  for (const name of ['b', 'a', 'b', 'a', 'b']) {
    await balancer.fetch({ requestClass: name, url: `/${name}` })
  }
  await worker.close()
  return options
}

describe('a worker that replays', () => {
  test('runs the requests of its classes before it is ready', async () => {
    const { asked, handler } = recording()
    const { worker, balancer } = await serve(handler, await remembered())
    await until(() => worker.state === 'ready')
    await balancer.fetch({ requestClass: 'a', url: '/a' })
    // Each class once more in the end, in the other order.
    expect(asked.slice(0, 2).sort()).toEqual(['warm-up a /a', 'warm-up b /b'])
    expect(asked.slice(2, 4).sort()).toEqual(['warm-up a /a', 'warm-up b /b'])
    expect(asked.slice(4)).toEqual(['client a /a'])
  })

  test('is warming, and tells its progress, until the handler has answered', async () => {
    const held: ServerResponse[] = []
    let isHolding = true
    const { handler } = recording((_req, res) => {
      if (isHolding) held.push(res)
      else res.end()
    })
    const options = await remembered({ warmUpConcurrency: 1 })
    const { worker, balancer } = await serve(handler, options)
    await until(() => held.length === 1)
    expect(balancer.hello.worker?.load.state).toBe('warming')
    held[0]?.end()
    await until(() => held.length === 2)
    await until(() => balancer.loads.at(-1)?.warmUp?.done === 1)
    expect(balancer.loads.at(-1)).toMatchObject({ state: 'warming', warmUp: { done: 1, total: 2 } })
    expect((await getResume(worker.address)).load.warmUp).toEqual({ done: 1, total: 2 })
    isHolding = false
    held[1]?.end()
    await until(() => balancer.loads.at(-1)?.state === 'ready')
    expect(balancer.loads.at(-1)?.warmUp).toBeUndefined()
  })

  test('learns no skill from that, and tells clients nothing', async () => {
    const { handler } = recording()
    const { worker } = await serve(handler, await remembered())
    const before = worker.resume.get('a')
    await until(() => worker.state === 'ready')
    expect(worker.resume.get('a')).toEqual(before)
    expect(worker.backlog).toBe(0)
  })

  test('is ready in spite of failures', async () => {
    const { handler } = recording((req, res) => {
      if (req.url === '/a') throw new Error('boom')
      else res.writeHead(500).end()
    })
    const { worker } = await serve(handler, await remembered())
    await until(() => worker.state === 'ready')
  })

  test('is ready when the time is over', async () => {
    const { handler } = recording(() => undefined)
    const { worker } = await serve(handler, await remembered({ warmUpTimeout: 50 }))
    await until(() => worker.state === 'ready')
  })

  test('begins when it is ready for the first time', async () => {
    const { asked, handler } = recording()
    const worker = new Worker(handler, await remembered(), { log: silentLogger })
    onTestFinished(() => worker.close())
    worker.setReady(false)
    await worker.listen()
    expect([worker.state, asked]).toEqual(['unready', []])
    worker.setReady(true)
    expect(worker.state).toBe('warming')
    await until(() => worker.state === 'ready')
    expect(new Set(asked)).toEqual(new Set(['warm-up a /a', 'warm-up b /b']))
  })

  test('stops when it drains', async () => {
    const closed: string[] = []
    const { asked, handler } = recording((req, res) => {
      res.once('close', () => closed.push(String(req.url)))
    })
    const { worker, balancer } = await serve(handler, await remembered({ warmUpConcurrency: 1 }))
    await until(() => asked.length === 1)
    const drained = worker.drain()
    expect(worker.state).toBe('draining')
    await until(() => closed.length === 1)
    balancer.connection.close()
    await drained
    expect(asked).toHaveLength(1)
  })

  test('keeps requests in a file that only its owner can read', async () => {
    const { resumeFile } = await remembered()
    expect(((await stat(String(resumeFile))).mode & 0o777).toString(8)).toBe('600')
  })

  test('marks the requests to a server behind it, and clients cannot', async () => {
    const asked: string[] = []
    const url = await listen((request, response) => {
      asked.push(`${request.url} ${request.headers['x-resumelb-warm-up'] ?? '-'}`)
      response.end('ok')
    })
    const options = await remembered()
    const { worker, balancer } = await serve(
      new Upstream(url, { log: silentLogger }).handle,
      options,
    )
    await until(() => worker.state === 'ready')
    await balancer.fetch({ url: '/c', headers: ['X-Resumelb-Warm-Up', '1'] })
    expect([...new Set(asked)].sort()).toEqual(['/a 1', '/b 1', '/c -'])
  })
})

describe('a worker with another way to warm up', () => {
  test('calls the function for each class', async () => {
    const called: string[] = []
    const warmUp = async (requestClass: string, { signal }: { signal: AbortSignal }) => {
      called.push(`${requestClass} ${signal.aborted}`)
      if (requestClass === 'a') throw new Error('no such tenant')
    }
    const options = { ...(await remembered()), warmUp }
    const { worker } = await serve((_req, res) => res.end('ok'), options)
    await until(() => worker.state === 'ready')
    expect(called.sort()).toEqual(['a false', 'b false'])
  })

  test('requests the listed URLs, with their hosts', async () => {
    const hosts: string[] = []
    const { asked, handler } = recording((req, res) => {
      hosts.push(`${req.headers.host} ${(req.socket as { encrypted?: boolean }).encrypted}`)
      res.end()
    })
    const warmUpUrls = ['http://t1.example/x?y=1', 'https://t2.example/', 'http://t1.example/z']
    const { worker } = await serve(handler, { warmUpUrls, warmUpConcurrency: 1 })
    await until(() => worker.state === 'ready')
    expect(asked).toEqual([
      'warm-up t1.example /x?y=1',
      'warm-up t1.example /z',
      'warm-up t2.example /',
    ])
    expect(hosts).toEqual(['t1.example false', 't1.example false', 't2.example true'])
  })

  test('is ready at once if there is nothing to warm up', async () => {
    const { worker } = await serve((_req, res) => res.end(), { warmUp: 'replay' })
    expect(worker.state).toBe('ready')
  })
})

describe('the options for warming up', () => {
  test.each([
    [{ warmUp: 'always' }, 'off, replay or a function'],
    [{ warmUpUrls: ['t1.example'] }, "'t1.example'"],
    [{ warmUpConcurrency: 0 }, 'warmUpConcurrency'],
  ])('%j is refused', async (options, message) => {
    await expect(serve((_req, res) => res.end(), options as WorkerOptions)).rejects.toThrow(message)
  })
})
