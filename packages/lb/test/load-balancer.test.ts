import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LogMethod, OptionError, silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { maxSingleLines } from '../src/admin/repeated-lines.ts'
import { LoadBalancer } from '../src/load-balancer.ts'
import type { LoadBalancerOptions, PoolWorker } from '../src/load-balancer-options.ts'
import { ClasslessPool } from '../src/pool/policies/classless-pool.ts'
import type { Outcome } from '../src/pool/pool.ts'
import {
  ask,
  open,
  openRaw,
  readAnswer,
  readerName,
  startBalancer,
  startWorker,
  until,
} from './support/balancer.ts'
import {
  answer,
  type Behaviour,
  plain,
  reported,
  silent,
  TinyWorker,
} from './support/tiny-worker.ts'

/** A pool that remembers how requests ended. */
class WatchedPool extends ClasslessPool<PoolWorker> {
  readonly outcomes: Outcome[] = []

  override assign(...args: Parameters<ClasslessPool<PoolWorker>['assign']>) {
    const assignment = super.assign(...args)
    if (assignment === undefined) return undefined
    const finish = (now: number, outcome: Outcome) => {
      this.outcomes.push(outcome)
      assignment.finish(now, outcome)
    }
    return { worker: assignment.worker, finish }
  }
}

/** An address without a listener, where a worker may be started later. */
async function freeAddress(): Promise<string> {
  const worker = await new TinyWorker().listen()
  const { address } = worker
  await worker.close()
  return address
}

async function startWorkerAt(address: string, behaviour?: Behaviour): Promise<TinyWorker> {
  const worker = await new TinyWorker(behaviour).listen(Number(address.split(':')[1]))
  onTestFinished(() => worker.close())
  return worker
}

describe('LoadBalancer', () => {
  test('starts without workers, and serves what waits as soon as one is there', async () => {
    const address = await freeAddress()
    const { port, balancer } = await startBalancer([], {})
    balancer.setWorkers([address])
    const answered = ask(port)
    await until(() => balancer.waiting === 1)
    await startWorkerAt(address)
    expect((await answered).text).toBe('hello')
    expect(balancer.waiting).toBe(0)
  })

  test.each<[what: string, options: LoadBalancerOptions, shares: true | undefined]>([
    ['shares plans with others', { pool: 'cost' }, true],
    ['takes no part in plans of others if its pool has none', { pool: 'round-robin' }, undefined],
  ])('%s', async (_what, options, shares) => {
    const worker = await startWorker()
    await startBalancer([worker], options)
    await until(() => [...worker.connections].some(({ peer }) => peer !== undefined))
    expect([...worker.connections].map(({ peer }) => peer?.sharesPlans)).toEqual([shares])
  })

  test('answers 503 with Retry-After when no worker comes in time', async () => {
    const { port, ended } = await startBalancer([], { waitTimeout: 50 })
    const got = await ask(port)
    expect(got.status).toBe(503)
    expect(Number(got.headers['retry-after'])).toBeGreaterThan(0)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 503, worker: '' })
  })

  test('answers 503 at once when too many wait', async () => {
    const { port, balancer } = await startBalancer([], { maxWaiting: 2 })
    const waiting = [open(port), open(port)]
    for (const sent of waiting) sent.on('error', () => undefined).end()
    await until(() => balancer.waiting === 2)
    expect((await ask(port)).status).toBe(503)
    for (const sent of waiting) sent.socket?.resetAndDestroy()
    await until(() => balancer.waiting === 0)
  })

  test('lets a GET wait for its only worker to come back', async () => {
    const worker = await startWorker(() => worker.breakConnections())
    const { port } = await startBalancer([worker])
    const answered = ask(port)
    await worker.caught(1)
    worker.behaviour = answer('back')
    expect((await answered).text).toBe('back')
  })

  test('takes no request beyond what a worker allows at once, and loses none', async () => {
    const worker = await startWorker()
    const { port, balancer } = await startBalancer([worker])
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(port)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(balancer.backlog).toBe(0)
  })

  test('sends nothing to a worker that is draining, and leaves it once it has finished', async () => {
    const [leaving, staying] = [await startWorker(silent), await startWorker()]
    const { port, balancer } = await startBalancer([leaving])
    const answered = ask(port)
    const caught = await leaving.caught(1)
    leaving.tell({ state: 'draining' })
    balancer.setWorkers([leaving.address, staying.address])
    for (let count = 0; count < 5; count++) expect((await ask(port)).text).toBe('hello')
    expect(leaving.requests.length).toBe(1)
    expect(leaving.connections.size).toBe(1)
    caught.stream.respond(plain, Buffer.from('last'), reported)
    expect((await answered).text).toBe('last')
    await until(() => leaving.connections.size === 0)
  })

  test('refuses an address that is none, and changes nothing', async () => {
    const worker = await startWorker()
    const { port, balancer } = await startBalancer([worker])
    expect(() => balancer.setWorkers([])).not.toThrow()
    balancer.setWorkers([worker.address])
    expect(() => balancer.setWorkers(['127.0.0.1:1', 'nowhere'])).toThrow('nowhere')
    expect(balancer.workers.map(({ address }) => address)).toEqual([worker.address])
    expect((await ask(port)).status).toBe(200)
  })

  test('lets a removed worker finish what it has', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const answered = ask(port)
    const { stream } = await worker.caught(1)
    balancer.setWorkers([])
    const late = ask(port, { path: '/late' })
    await until(() => balancer.waiting === 1)
    stream.respond(plain, Buffer.from('done'), reported)
    expect((await answered).text).toBe('done')
    await until(() => balancer.workers.length === 0 && worker.connections.size === 0)
    worker.behaviour = answer('again')
    balancer.setWorkers([worker.address])
    expect((await late).text).toBe('again')
  })

  test('makes no second connection to a worker that vanishes from the list and returns', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const answered = ask(port)
    const first = await worker.caught(1)
    for (let count = 0; count < 20; count++) {
      balancer.setWorkers([])
      balancer.setWorkers([worker.address, worker.address])
    }
    const second = ask(port)
    const { stream } = await worker.caught(2)
    stream.respond(plain, undefined, reported)
    first.stream.respond(plain, undefined, reported)
    await Promise.all([answered, second])
    worker.behaviour = answer('after all that')
    expect((await ask(port)).text).toBe('after all that')
    expect([worker.accepted, worker.connections.size]).toEqual([1, 1])
  })

  test('keeps a worker that fails too often in reserve for a while', async () => {
    const bad = await startWorker(({ stream }) =>
      stream.respond({ ...plain, status: 500 }, undefined, reported),
    )
    const good = await startWorker()
    const options = { maxFailures: 3, ejectionTime: 1_000 }
    const { port, balancer } = await startBalancer([bad, good], options)
    let isBack = false
    balancer.events.once('workerRecovered', () => {
      isBack = true
    })
    while (bad.requests.length < 3) await ask(port)
    for (let count = 0; count < 10; count++) {
      const { status } = await ask(port)
      if (isBack) break
      expect(status).toBe(200)
    }
    bad.behaviour = answer('well again')
    balancer.setWorkers([bad.address])
    expect((await ask(port)).text).toBe('well again')
    balancer.setWorkers([bad.address, good.address])
    const seen = new Set<string>()
    await until(() => {
      ask(port).then(
        ({ text }) => seen.add(text),
        () => undefined,
      )
      return seen.size === 2
    })
  })

  test('takes the loss of a connection for one failure, however many requests it had', async () => {
    const lost = await startWorker(silent)
    const other = await startWorker(silent)
    const options = { maxFailures: 3, ejectionTime: 60_000 }
    const { port, balancer } = await startBalancer([lost, other], options)
    const posts = Array.from({ length: 12 }, () => ask(port, { method: 'POST', body: 'x' }))
    await lost.caught(6)
    other.behaviour = answer('other')
    for (const { stream } of other.requests) stream.respond(plain, undefined, reported)
    lost.behaviour = answer('back')
    lost.breakConnections()
    const statuses = (await Promise.all(posts)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 502)).toHaveLength(6)
    await until(() => balancer.workers.every(({ isReady }) => isReady))
    const texts = await Promise.all([ask(port), ask(port)].map(async (got) => (await got).text))
    expect(texts.sort()).toEqual(['back', 'other'])
  })

  test('reports to the pool how each request ended', async () => {
    const pool = new WatchedPool()
    const { outcomes } = pool
    const worker = await startWorker(answer('fine'))
    const options = { pool, maxRetries: 0, clientTimeout: 300 }
    const { port } = await startBalancer([worker], options)
    await ask(port)
    expect(outcomes.pop()).toEqual({ result: 'served', ...reported.report })
    worker.behaviour = ({ stream }) =>
      stream.respond({ ...plain, status: 503 }, undefined, reported)
    await ask(port)
    expect(outcomes.pop()).toMatchObject({ result: 'failed' })
    worker.behaviour = ({ stream }) => stream.reset('FAILED')
    await ask(port)
    expect(outcomes.pop()).toEqual({ result: 'failed' })
    worker.behaviour = silent
    const sent = open(port)
    sent.on('error', () => undefined).end()
    await worker.caught(4)
    sent.socket?.resetAndDestroy()
    await until(() => outcomes.length === 1)
    expect(outcomes.pop()).toEqual({ result: 'abandoned' })
    for (const [code, result] of [
      ['REFUSED', 'refused'],
      ['TIMEOUT', 'timeout'],
      ['ABORTED', 'abandoned'],
    ] as const) {
      worker.behaviour = ({ stream }) => stream.reset(code)
      await ask(port).catch(() => undefined)
      expect(outcomes.pop()).toEqual({ result })
    }
    worker.behaviour = silent
    const owed = open(port, { method: 'POST', headers: { 'content-length': 100_000 } })
    owed.on('error', () => undefined).write('x')
    await until(() => outcomes.length === 1)
    expect(outcomes.pop()).toEqual({ result: 'abandoned' })
    const lost = ask(port)
    await worker.caught(9)
    worker.breakConnections()
    expect((await lost).status).toBe(502)
    expect(outcomes.pop()).toEqual({ result: 'disconnected' })
  })

  test('passes the settings of the pool on', async () => {
    const { balancer } = await startBalancer([], { pool: 'classic', settings: { variance: 2 } })
    balancer.updateSettings({ variance: 3, backlog_history: '5', price: 2 })
    expect(() => balancer.updateSettings({ varianz: 3 })).toThrow('did you mean variance?')
    expect(() => new LoadBalancer({ settings: { prize: 2 } as object })).toThrow('price')
    expect(() => balancer.updateSettings({ variance: 'much' })).toThrow('variance')
    expect(() => new LoadBalancer({ pool: 'none' as 'cost' })).toThrow('pool')
    expect(() => new LoadBalancer({ maxRetries: -1 })).toThrow('maxRetries')
    expect(() => new LoadBalancer({ waitTimeOut: 1 } as never)).toThrow('did you mean waitTimeout?')
    expect(() => new LoadBalancer({ waitTimeout: '10' as never })).toThrow("got '10'")
  })

  test('leaves no timer behind if an option is invalid', () => {
    const clock = new ManualClock()
    const invalid = [
      { workers: ['nowhere'] },
      { requestIdHeader: 'Host' },
      { upstreamConcurrency: -1 },
      { trustedProxies: ['everyone'] },
    ]
    for (const options of invalid) {
      expect(() => new LoadBalancer({ ...options, clock, log: silentLogger })).toThrow()
    }
    expect(clock.pending).toBe(0)
  })

  test('changes its classifier and its limits while it runs', async () => {
    const { balancer, port } = await startBalancer([], { waitTimeout: 60_000 })
    const view = { headers: { host: 'a' } } as never
    balancer.setClassifier(() => 'other')
    expect(balancer.classify(view)).toEqual({ requestClass: 'other' })
    balancer.updateLimits({ waitTimeout: 0 })
    expect((await ask(port)).status).toBe(503)
    expect(() => balancer.updateLimits({ waitTimeout: -1 })).toThrow('waitTimeout')
    expect(() => balancer.updateLimits({ connectTimeout: 1 } as object)).toThrow('a limit')
  })

  test.runIf(readerName() === 'ours')('logs invalid input in few lines', async () => {
    const lines: Record<string, unknown>[] = []
    const warn: LogMethod = (facts, message) => lines.push({ ...facts, message })
    const { port, balancer } = await startBalancer([], { log: { ...silentLogger, warn } })
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const { socket, received, closed } = openRaw(port)
        socket.write('this is no HTTP\r\n\r\n')
        await closed
        expect(received()).toContain('HTTP/1.1 400 ')
      }),
    )
    await balancer.close()
    const told = lines.filter(({ message }) => message === 'request refused')
    expect(told).toHaveLength(maxSingleLines + 1)
    expect(told[0]).toMatchObject({ failure: 'BAD_REQUEST', status: 400, client: '127.0.0.1' })
    expect(told.at(-1)).toMatchObject({ repeated: 50 - maxSingleLines })
  })

  test('answers an upgrade with 501 if no worker takes it, where a server releases the connection', async () => {
    const worker = await startWorker()
    const balancer = new LoadBalancer({ workers: [worker.address], log: silentLogger })
    const server = createServer(balancer.handleRequest).on('upgrade', balancer.handleUpgrade)
    await until(() => balancer.workers.every(({ isReady }) => isReady))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => {
      balancer.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const { socket, received, closed } = openRaw(port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n.*Connection: close/s)
  })

  test('finishes what is in progress when it closes, and takes no more', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const answered = ask(port)
    const { stream } = await worker.caught(1)
    const closed = Promise.all([balancer.close(), balancer.close()])
    const refused = await ask(port)
    expect([refused.status, refused.headers.connection]).toEqual([503, 'close'])
    stream.respond(plain, Buffer.from('done'), reported)
    expect(await answered).toMatchObject({ text: 'done', headers: { connection: 'close' } })
    await closed
    await until(() => worker.connections.size === 0)
    expect(balancer.workers.length).toBe(0)
  })

  test('refuses a classifier that returns a promise, also one that fails, and says so', async () => {
    const worker = await startWorker()
    const lines: unknown[] = []
    const warn: LogMethod = (facts, message) => void lines.push({ ...facts, message })
    const classifier = (() => Promise.reject(new Error('later'))) as never
    const { port } = await startBalancer([worker], { classifier, log: { ...silentLogger, warn } })
    expect((await ask(port)).text).toBe('hello')
    expect(lines[0]).toEqual({
      error: 'TypeError: it returned a promise instead of a name',
      message: 'the classifier failed',
    })
  })

  test('takes addresses of workers as text and as they are returned by listen()', async () => {
    const { balancer } = await startBalancer([])
    balancer.setWorkers(['127.0.0.1:1', { host: '::1', port: 2 }])
    expect(balancer.workers.map(({ address }) => address)).toEqual(['127.0.0.1:1', '[::1]:2'])
    expect(() => balancer.setWorkers(['nowhere'])).toThrow(OptionError)
  })

  test('fails what is in progress when it is destroyed', async () => {
    const worker = await startWorker(silent)
    const { port, balancer, ended } = await startBalancer([worker])
    const answered = ask(port)
    await worker.caught(1)
    balancer.destroy()
    expect((await answered).status).toBe(503)
    expect(balancer.backlog).toBe(0)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 503, attempts: 1, outcome: 'failed' })
  })

  test('blames no worker for what is cut off when it is destroyed', async () => {
    const pool = new WatchedPool()
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker], { pool })
    const answered = ask(port)
    await worker.caught(1)
    balancer.destroy()
    await answered
    expect(pool.outcomes).toEqual([{ result: 'abandoned' }])
  })

  test('names the limit that makes it refuse a storm of requests, in few lines', async () => {
    const lines: Record<string, unknown>[] = []
    const warn: LogMethod = (facts, message) => lines.push({ ...facts, message })
    const options = { maxWaiting: 0, log: { ...silentLogger, warn } }
    const { port, balancer } = await startBalancer([], options)
    await Promise.all(Array.from({ length: 50 }, () => ask(port)))
    await balancer.close()
    const told = lines.filter(({ failure }) => failure === 'QUEUE_FULL')
    expect(told).toHaveLength(maxSingleLines + 1)
    expect(told.at(-1)).toMatchObject({
      message: 'request failed',
      reason: '0 requests are already waiting for a worker (--max-waiting)',
      repeated: 50 - maxSingleLines,
    })
  })

  test('believes what a trusted proxy says of its client', async () => {
    const worker = await startWorker()
    const { port, ended } = await startBalancer([worker], { trustedProxies: ['loopback'] })
    const headers = { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }
    await ask(port, { headers })
    const { head } = await worker.caught(1)
    expect(head).toMatchObject({ remoteAddress: '1.2.3.4', remotePort: 0, encrypted: true })
    await until(() => ended.length === 1)
    expect(ended[0]?.remoteAddress).toBe('1.2.3.4')
  })

  test.each([
    ['X-Forwarded-For', '6.6.6.6:1234'],
    ['X-Forwarded-For', '7.7.7.7, 6.6.6.6:1234, 127.0.0.1'],
    ['Forwarded', 'for=7.7.7.7, for="6.6.6.6:1234"'],
  ])('finds the client in what a trusted proxy says in %s: %s', async (name, value) => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker], { trustedProxies: ['loopback'] })
    await ask(port, { headers: { [name]: value } })
    expect((await worker.caught(1)).head).toMatchObject({ remoteAddress: '6.6.6.6' })
  })

  test('lets a server that it is a part of add fields of its own', async () => {
    const worker = await startWorker(answer('hello', 'X-Both\nworker\nX-Worker\n1'))
    const { balancer } = await startBalancer([worker])
    const server = createServer((request, response) => {
      response.setHeader('X-Own', '1')
      response.setHeader('X-Both', 'server')
      balancer.handleRequest(request, response)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await until(() => server.listening)
    const { text, headers } = await ask((server.address() as AddressInfo).port)
    expect(text).toBe('hello')
    expect(headers).toMatchObject({ 'x-own': '1', 'x-both': 'worker', 'x-worker': '1' })
  })

  test.each(['attach', 'handleRequest'] as const)(
    'refuses a head that no frame holds, with %s',
    async (way) => {
      const worker = await startWorker()
      const { balancer, ended } = await startBalancer([worker])
      const maxHeaderSize = 2_000_000
      const server = createServer({ maxHeaderSize })
      if (way === 'attach') balancer.attach(server)
      else server.on('request', balancer.handleRequest)
      server.listen(0, '127.0.0.1')
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      await until(() => server.listening)
      const { port } = server.address() as AddressInfo
      const headers = { 'x-long': 'a'.repeat(1_000_000) }
      expect((await ask(port, { headers })).status).toBe(431)
      expect(balancer.backlog).toBe(0)
      expect((await ask(port)).status).toBe(200)
      expect(ended.map(({ status }) => status)).toEqual([431, 200])
    },
  )

  test('drops trailers that no frame holds', async () => {
    const worker = await startWorker(async ({ body, stream }) => {
      stream.respond(plain, await body, reported)
    })
    const { balancer } = await startBalancer([worker])
    const server = createServer({ maxHeaderSize: 2_000_000 }, balancer.handleRequest)
    server.listen(0, '127.0.0.1')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await until(() => server.listening)
    const sent = open((server.address() as AddressInfo).port, { method: 'POST' })
    sent.write('body')
    sent.addTrailers({ 'X-Long': 'a'.repeat(1_000_000) })
    sent.end()
    expect((await readAnswer(sent)).text).toBe('body')
  })

  test('can be a part of any server', async () => {
    const worker = await startWorker()
    const balancer = new LoadBalancer({ workers: [worker.address] })
    const server = createServer((request, response) => {
      if (request.url === '/own') response.end('own')
      else balancer.handleRequest(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      await balancer.close()
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    expect((await ask(port, { path: '/own' })).text).toBe('own')
    expect((await ask(port)).text).toBe('hello')
  })
})

describe('the sum of backlogs', () => {
  /** What may happen to one request. */
  const fates = ['whole', 'stream', 'reset', 'refuse', 'half', 'error', 'leave', 'kill'] as const

  function behave(worker: TinyWorker): Behaviour {
    return ({ head, stream }) => {
      const fate = head.url.slice(1)
      if (fate === 'whole') stream.respond(plain, Buffer.from('x'), reported)
      else if (fate === 'error') stream.respond({ ...plain, status: 500 }, undefined, reported)
      else if (fate === 'reset') stream.reset('FAILED')
      else if (fate === 'refuse') stream.reset('REFUSED')
      else if (fate === 'kill') worker.breakConnections()
      else if (fate === 'stream' || fate === 'half') {
        stream.respond(plain)
        stream.write(Buffer.alloc(50_000))
        setImmediate(() => {
          if (fate === 'half') stream.reset('FAILED')
          else stream.end(reported)
        })
      }
    }
  }

  test('is the number of requests in progress, whatever becomes of them', async () => {
    const workers = [await startWorker(), await startWorker()]
    for (const worker of workers) worker.behaviour = behave(worker)
    const options = { waitTimeout: 200, responseTimeout: 500 }
    const { port, balancer, ended } = await startBalancer(workers, options)
    let begun = 0
    const meet = (fate: string, method: string) => {
      begun++
      return new Promise<void>((resolve) => {
        const body = method === 'POST' ? Buffer.alloc(40_000) : undefined
        const sent = open(port, { method, path: `/${fate}` })
        sent.on('close', () => resolve())
        readAnswer(sent).catch(() => undefined)
        sent.end(body)
        if (fate === 'leave') setTimeout(() => sent.destroy(), 5)
      })
    }
    const request = fc.tuple(fc.constantFrom(...fates), fc.constantFrom('GET', 'POST'))
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 12 }), async (requests) => {
        await Promise.all(requests.map(([fate, method]) => meet(fate, method)))
        // A client may have left before its request was even read.
        await until(() => balancer.backlog === 0, 'an empty backlog')
      }),
      { numRuns: 15 },
    )
    expect(begun).toBeGreaterThan(20)
    expect(ended.length).toBeLessThanOrEqual(begun)
    await until(() => balancer.waiting === 0)
  })
})
