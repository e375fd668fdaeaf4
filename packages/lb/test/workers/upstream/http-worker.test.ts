/** Plain HTTP servers as workers, through a load balancer on real sockets. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OptionError, silentLogger } from '@resumelb/common'
import { ManualClock, serverHost } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rawServer } from '../../../../worker/test/upstream/raw-server.ts'
import { LoadBalancer } from '../../../src/load-balancer.ts'
import type { LoadBalancerOptions } from '../../../src/load-balancer-options.ts'
import {
  ask,
  open,
  openRaw,
  readAnswer,
  startBalancer,
  startWorker,
  until,
} from '../../support/balancer.ts'

async function serve(
  listener: RequestListener,
  port = 0,
): Promise<{ url: string; server: Server }> {
  const server = createServer(listener)
  server.listen(port, serverHost)
  await once(server, 'listening')
  onTestFinished(() => stop(server))
  return { url: `http://${serverHost}:${(server.address() as AddressInfo).port}`, server }
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
}

function balance(workers: string[], options: LoadBalancerOptions = {}) {
  return startBalancer([], { ...options, workers })
}

async function freePort(): Promise<number> {
  const { server, url } = await serve(() => undefined)
  await stop(server)
  return Number(new URL(url).port)
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a plain HTTP server as a worker', () => {
  test('gets requests as they are, and its responses are passed on', async () => {
    const { url } = await serve((request, response) => {
      response.setHeader('X-Seen', `${request.method} ${request.url} ${request.headers.host}`)
      response.setHeader('X-For', String(request.headers['x-forwarded-for']))
      response.writeHead(201, 'Done')
      request.pipe(response)
    })
    const { port } = await balance([url])
    const headers = { host: 'a.example' }
    const answer = await ask(port, { method: 'POST', path: '/p?q', headers, body: 'hello' })
    expect(answer).toMatchObject({ status: 201, text: 'hello' })
    expect(answer.headers['x-seen']).toBe('POST /p?q a.example')
    expect(answer.headers['x-for']).toBe('127.0.0.1')
    expect(answer.headers['via']).toBeDefined()
  })

  test('is mixed with workers of the protocol', async () => {
    const worker = await startWorker()
    const { url } = await serve((_, response) => response.end('plain'))
    const { port, balancer } = await balance([url, worker.address], { pool: 'round-robin' })
    const texts = new Set<string>()
    for (let i = 0; i < 4; i++) texts.add((await ask(port)).text)
    expect(texts.size).toBe(2)
    expect(balancer.workers.map(({ address }) => address)).toEqual([url, worker.address])
  })

  test('streams long bodies in both directions, with trailers', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { Trailer: 'X-End' })
      request.on('data', (chunk) => response.write(chunk))
      request.on('end', () => {
        response.addTrailers({ 'X-End': String(request.trailers['x-sum']) })
        response.end()
      })
    })
    const { port } = await balance([url])
    const sent = open(port, { method: 'POST', headers: { Trailer: 'X-Sum' } })
    const answered = readAnswer(sent)
    const piece = Buffer.alloc(100_000, 'x')
    for (let i = 0; i < 30; i++) {
      if (!sent.write(piece)) await once(sent, 'drain')
    }
    sent.addTrailers({ 'X-Sum': '7' })
    sent.end()
    const { text, trailers } = await answered
    expect([text.length, trailers['x-end']]).toEqual([3_000_000, '7'])
  })

  test('is read no faster than the client reads', async () => {
    let written = 0
    const { url } = await serve((_, response) => {
      const piece = Buffer.alloc(64 * 1024)
      const write = () => {
        while (written < 64 * 1024 * 1024) {
          written += piece.length
          if (!response.write(piece)) return void response.once('drain', write)
        }
        response.end()
      }
      write()
    })
    const { port } = await balance([url])
    const sent = open(port)
    sent.end()
    const [response] = await once(sent, 'response')
    let before = -1
    // Until a while has brought nothing more.
    await until(() => {
      const isStill = written === before
      before = written
      return isStill && written > 0
    })
    expect(written).toBeLessThan(32 * 1024 * 1024)
    response.resume()
    await once(response, 'end')
    expect(written).toBe(64 * 1024 * 1024)
  })

  test('asks a client that waits for it for the body', async () => {
    const { url } = await serve((request, response) => request.pipe(response))
    const { port } = await balance([url])
    const sent = open(port, { method: 'POST', headers: { Expect: '100-continue' } })
    sent.flushHeaders()
    const answered = readAnswer(sent)
    await once(sent, 'continue')
    sent.end('body')
    expect((await answered).text).toBe('body')
  })

  test('may send interim responses', async () => {
    const { url } = await serve((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('page')
    })
    const { port } = await balance([url])
    const sent = open(port)
    const answered = readAnswer(sent)
    sent.end()
    const [{ statusCode }] = await once(sent, 'information')
    expect([statusCode, (await answered).text]).toEqual([103, 'page'])
  })

  test('answers HEAD with a length and no body, and keeps the connection', async () => {
    let connections = 0
    const { url, server } = await serve((_, response) => {
      response.setHeader('Content-Length', 5)
      response.end('hello')
    })
    server.on('connection', () => connections++)
    const { port } = await balance([url])
    const head = await ask(port, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '5', ''])
    expect((await ask(port)).text).toBe('hello')
    expect(connections).toBe(1)
  })

  test('loses its connection when the client leaves', async () => {
    let hasClosed = false
    const { url } = await serve((request) => {
      request.on('close', () => {
        hasClosed = true
      })
    })
    const { port, balancer } = await balance([url], { halfCloseTime: 0 })
    const sent = open(port)
    sent.on('error', () => undefined)
    sent.end()
    await until(() => balancer.workers[0]?.backlog === 1)
    sent.destroy()
    await until(() => hasClosed)
    await until(() => balancer.workers[0]?.backlog === 0)
  })

  test('that does not answer in time is a 504', async () => {
    const { url } = await serve(() => undefined)
    const { port } = await balance([url], { responseTimeout: 100 })
    expect((await ask(port)).status).toBe(504)
  })
})

describe('a plain HTTP server that fails', () => {
  test('closes without an answer: a GET goes to another, a POST is a 502', async () => {
    const bad = await rawServer((socket) => socket.on('data', () => socket.destroy()))
    const { url } = await serve((_, response) => response.end('good'))
    const { port } = await balance([bad.url, url], { pool: 'round-robin' })
    for (let i = 0; i < 2; i++) expect((await ask(port)).text).toBe('good')
    const posts = [
      await ask(port, { method: 'POST', body: 'x' }),
      await ask(port, { method: 'POST' }),
    ]
    expect(posts.map(({ status }) => status).sort()).toEqual([200, 502])
  })

  test('sends what is no response: 502', async () => {
    const bad = await rawServer((socket) =>
      socket.on('data', () => socket.write('SSH-2.0\r\n\r\n')),
    )
    const { port, balancer } = await balance([bad.url])
    const failed = once(balancer.events as never, 'requestFailed')
    expect((await ask(port)).status).toBe(502)
    expect((await failed)[0]).toMatchObject({ reason: 'WORKER_LOST', reset: 'FAILED' })
  })

  test('breaks off in the middle: the client gets no complete response', async () => {
    const bad = await rawServer((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    )
    const { port } = await balance([bad.url])
    await expect(ask(port)).rejects.toThrow()
  })

  test('sends interim responses without end: 502, and its connection is closed', async () => {
    let hasClosed = false
    const bad = await rawServer((socket) => {
      socket.on('close', () => {
        hasClosed = true
      })
      const interim = `HTTP/1.1 103 Early Hints\r\nLink: <${'x'.repeat(1_000)}>\r\n\r\n`
      const flood = () => {
        while (socket.write(interim)) if (hasClosed) return
      }
      socket.on('drain', flood)
      socket.once('data', flood)
    })
    const { port } = await balance([bad.url])
    expect((await ask(port)).status).toBe(502)
    await until(() => hasClosed)
  })

  test('is ejected after too many failures in a row', async () => {
    const bad = await serve((_, response) => {
      response.statusCode = 500
      response.end()
    })
    const good = await serve((_, response) => response.end())
    const { port, balancer } = await balance([bad.url, good.url], {
      pool: 'round-robin',
      maxFailures: 2,
    })
    const ejected = once(balancer.events as never, 'workerEjected')
    for (let i = 0; i < 6; i++) await ask(port)
    expect((await ejected)[0]).toMatchObject({ worker: bad.url })
  })

  test('is gone: others get its requests, and it is used again when it is back', async () => {
    const stopped = await serve((_, response) => response.end('one'))
    const { url } = await serve((_, response) => response.end('two'))
    const { port, balancer } = await balance([stopped.url, url], { pool: 'round-robin' })
    await stop(stopped.server)
    for (let i = 0; i < 4; i++) expect((await ask(port, { method: 'POST' })).text).toBe('two')
    expect(balancer.workers[0]).toMatchObject({ state: 'waiting', isReady: false })
    await serve((_, response) => response.end('one'), Number(new URL(stopped.url).port))
    await until(() => balancer.workers[0]?.isReady === true)
  })

  test('all are gone: requests wait for one', async () => {
    const free = await freePort()
    const workers = [`http://${serverHost}:${free}`]
    const balancer = new LoadBalancer({ workers, log: silentLogger })
    onTestFinished(() => balancer.destroy())
    const server = createServer()
    balancer.attach(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => stop(server))
    const answered = ask((server.address() as AddressInfo).port)
    await until(() => balancer.waiting === 1)
    await serve((_, response) => response.end('back'), free)
    expect((await answered).text).toBe('back')
  })

  test('answers an upload before it is whole', async () => {
    const early = await rawServer((socket) =>
      socket.once('data', () => {
        socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig')
      }),
    )
    const { port } = await balance([early.url])
    const sent = open(port, { method: 'POST', headers: { 'Content-Length': 50_000_000 } })
    sent.on('error', () => undefined)
    const answered = readAnswer(sent)
    sent.write(Buffer.alloc(100_000))
    expect(await answered).toMatchObject({ status: 413, text: 'big' })
  })
})

describe('the concurrency of plain HTTP servers', () => {
  test('limits their requests; the others wait, and their time is not service time', async () => {
    let running = 0
    let most = 0
    const { url } = await serve((_, response) => {
      running++
      most = Math.max(most, running)
      setTimeout(() => {
        running--
        response.end()
      }, 20)
    })
    const { port, balancer } = await balance([url], { upstreamConcurrency: 2 })
    expect(balancer.workers[0]?.load).toMatchObject({ state: 'ready', concurrency: 2 })
    await Promise.all(Array.from({ length: 6 }, () => ask(port)))
    expect(most).toBe(2)
  })

  test('frees the place of a request that is given up while it waits', async () => {
    const responses: (() => void)[] = []
    const { url } = await serve((_, response) => responses.push(() => response.end('done')))
    const { port, balancer } = await balance([url], { upstreamConcurrency: 1, halfCloseTime: 0 })
    const first = ask(port)
    await until(() => responses.length === 1)
    const waiting = open(port)
    waiting.on('error', () => undefined)
    waiting.end()
    await until(() => balancer.workers[0]?.backlog === 2)
    waiting.destroy()
    await until(() => balancer.workers[0]?.backlog === 1)
    responses[0]?.()
    expect((await first).text).toBe('done')
    const next = ask(port)
    await until(() => responses.length === 2)
    responses[1]?.()
    expect((await next).text).toBe('done')
  })
})

describe('a request that waits for the slot of a plain HTTP server', () => {
  test.each([
    ['its own class', 'hangs.example', 'SELF_BLOCKED'],
    ['another class', 'other.example', 'BLOCKED'],
  ])('is moved to another one if %s hangs there', async (_whose, host, code) => {
    const clock = new ManualClock()
    const held: ServerResponse[] = []
    const listener: RequestListener = ({ url }, response) =>
      url === '/hang' ? held.push(response) : response.end('served')
    const urls = [(await serve(listener)).url, (await serve(listener)).url]
    const options = { pool: 'round-robin', upstreamConcurrency: 1, clock } as const
    const { port, balancer } = await balance(urls, options)
    const resets: unknown[] = []
    balancer.events.on('requestRetried', ({ reset }) => resets.push(reset))
    open(port, { path: '/hang', headers: { host: 'hangs.example' } })
      .on('error', () => undefined)
      .end()
    await until(() => held.length === 1)
    // The next one is served at the other server.
    expect((await ask(port, { headers: { host } })).text).toBe('served')
    const asked = ask(port, { headers: { host } })
    await until(() => balancer.workers.some(({ backlog }) => backlog === 2))
    await clock.advance(2_000)
    expect((await asked).text).toBe('served')
    expect([resets, held.length]).toEqual([[code], 1])
  })
})

describe('the résumé of plain HTTP servers', () => {
  test('sends a class to the server that has been fast at it', async () => {
    const hosts: string[][] = [[], []]
    const urls: string[] = []
    for (const mine of hosts) {
      const { url } = await serve((request, response) => {
        const { host = '' } = request.headers
        const isCold = !mine.includes(host)
        mine.push(host)
        setTimeout(() => response.end(), isCold ? 30 : 1)
      })
      urls.push(url)
    }
    const { port } = await balance(urls, { pool: 'cost', upstreamConcurrency: 1 })
    for (let round = 0; round < 10; round++) {
      for (const host of ['a.example', 'b.example', 'c.example', 'd.example']) {
        await ask(port, { headers: { host } })
      }
    }
    // Each class was cold once, or twice where it was tried elsewhere.
    const cold = hosts.reduce((sum, mine) => sum + new Set(mine).size, 0)
    expect(cold).toBeLessThanOrEqual(6)
  })

  test('is kept in a folder over restarts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-resume-dir-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const { url } = await serve((_, response) => response.end())
    const first = await balance([url], { resumeDir: folder, pool: 'cost' })
    await ask(first.port, { headers: { host: 'a.example' } })
    await first.balancer.close()
    const next = new LoadBalancer({ workers: [url], resumeDir: folder })
    onTestFinished(() => next.close())
    expect((await once(next.events as never, 'workerUp'))[0]).toMatchObject({ classes: 1 })
  })
})

describe('requests for a class that is cold at a plain HTTP server', () => {
  const together = 5

  /** Many requests for one class at once, and one for another one, at a server that holds the class. */
  async function askTogether(options: LoadBalancerOptions) {
    const held: ServerResponse[] = []
    const { url } = await serve((request, response) => {
      if (request.headers.host === 'held.example') held.push(response)
      else response.end()
    })
    const { port, balancer } = await balance([url], options)
    const asked = Array.from({ length: together }, () =>
      ask(port, { headers: { host: 'held.example' } }),
    )
    await until(() => balancer.backlog === together && held.length > 0)
    await ask(port, { headers: { host: 'other.example' } })
    return { asked, held }
  }

  test('wait for the first of them, and other classes do not', async () => {
    const { asked, held } = await askTogether({ clock: new ManualClock() })
    expect(held).toHaveLength(1)
    held[0]?.end()
    await until(() => held.length === together)
    for (const response of held.slice(1)) response.end()
    await Promise.all(asked)
  })

  test.each([{ upstreamColdLoadTimeout: 0 }, { upstreamBalancers: 2 }])(
    'do not wait with %o',
    async (options) => {
      const { asked, held } = await askTogether(options)
      await until(() => held.length === together)
      for (const response of held) response.end()
      await Promise.all(asked)
    },
  )
})

describe('the résumé of plain HTTP servers measured by another load balancer', () => {
  test('says what they are warm for, and what their sizes take', async () => {
    const [one, other] = [await serve((_, res) => res.end()), await serve((_, res) => res.end())]
    const chain = ['a', 'b', 'c']
    const classifier = () => ({ requestClass: 'm', units: 100, chain })
    const options = { pool: 'cost', classifier, log: silentLogger } as const
    const first = await balance([one.url, other.url], options)
    await ask(first.port)
    await until(() => first.ended.length === 1)
    const home = first.ended[0]?.worker
    const { measuredResumes } = first.balancer
    expect(measuredResumes.get(home ?? '')?.skills.get('m')).toHaveProperty('perUnit')
    const workers = [one.url, other.url]
    const next = new LoadBalancer({ workers, measuredResumes, ...options })
    onTestFinished(() => next.close())
    await until(() => next.workers.every(({ isReady }) => isReady))
    const pick = next.classify({ httpVersion: '1.1', headers: {}, rawHeaders: [] } as never)
    const { candidates = [] } = next.explain(pick) ?? {}
    const warm = candidates.map(({ worker, warmLinks }) => [worker, warmLinks])
    expect(Object.fromEntries(warm)).toEqual({
      ...Object.fromEntries(workers.map((url) => [url, 0])),
      [home ?? '']: 3,
    })
  })

  test('is what a new one begins with', async () => {
    const [one, other] = [await serve((_, res) => res.end()), await serve((_, res) => res.end())]
    const first = await balance([one.url], { pool: 'cost' })
    await ask(first.port, { headers: { host: 'a.example' } })
    const { measuredResumes } = first.balancer
    expect([...measuredResumes].map(([url, { skills }]) => [url, ...skills.keys()])).toEqual([
      [one.url, 'a.example'],
    ])
    const workers = [one.url, other.url]
    const next = new LoadBalancer({ workers, measuredResumes, log: silentLogger })
    onTestFinished(() => next.close())
    const classes = new Map<string, number>()
    next.events.on('workerUp', (up) => void classes.set(up.worker, up.classes))
    await until(() => classes.size === 2)
    expect(classes).toEqual(
      new Map([
        [one.url, 1],
        [other.url, 0],
      ]),
    )
    expect(next.explain({ requestClass: 'a.example' })?.chosen).toBe(one.url)
  })
})

describe('health checks of plain HTTP servers', () => {
  test('find one that is unhealthy, and healthy again', async () => {
    let status = 200
    const { url } = await serve((request, response) => {
      response.statusCode = request.url === '/health' ? status : 200
      response.end('checked')
    })
    const other = await serve((_, response) => response.end('other'))
    const { port, balancer } = await balance([url, other.url], {
      pool: 'round-robin',
      healthUrl: '/health',
      healthInterval: 200,
    })
    status = 503
    await until(() => balancer.workers[0]?.state === 'unready')
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe('other')
    status = 204
    await until(() => balancer.workers[0]?.state === 'ready')
  })

  test('an unhealthy one is used if no other is left', async () => {
    const { url } = await serve((request, response) => {
      response.statusCode = request.url === '/health' ? 500 : 200
      response.end()
    })
    const { port, balancer } = await balance([url], { healthUrl: '/health', healthInterval: 20 })
    expect(balancer.workers[0]?.state).toBe('unready')
    expect((await ask(port)).status).toBe(200)
  })

  test('leave no connection open, whether the response ends or not', async () => {
    const open = new Set<Socket>()
    let checks = 0
    const { url } = await rawServer((socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('data', () => {
        checks++
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')
      })
    })
    const { balancer } = await balance([url], { healthUrl: '/health', healthInterval: 10 })
    // The last one, and the one that has only tried whether the server can be reached.
    await until(() => checks >= 8 && open.size <= 3)
    expect(balancer.workers[0]?.state).toBe('ready')
    await balancer.close()
    await until(() => open.size === 0)
  })

  test('one that does not answer is unhealthy', async () => {
    const { url } = await serve((request, response) => {
      if (request.url !== '/health') response.end()
    })
    const { balancer } = await balance([url], { healthUrl: '/health', healthInterval: 20 })
    expect(balancer.workers[0]?.state).toBe('unready')
  })
})

describe('plain HTTP servers of a list that changes', () => {
  test('finish what they have, and are recalled without being forgotten', async () => {
    const responses: (() => void)[] = []
    const { url } = await serve((_, response) => responses.push(() => response.end('done')))
    const { port, balancer } = await balance([url])
    const answered = ask(port)
    await until(() => responses.length === 1)
    balancer.setWorkers([])
    expect(balancer.workers[0]).toMatchObject({ state: 'draining', isReady: false })
    balancer.setWorkers([`${url}/`])
    expect(balancer.workers[0]).toMatchObject({ state: 'ready', isReady: true })
    balancer.setWorkers([])
    responses[0]?.()
    expect((await answered).text).toBe('done')
    await until(() => balancer.workers.length === 0)
  })

  /** A server that answers on request only, with two requests in progress and one that waits. */
  async function serveThree() {
    const responses: ServerResponse[] = []
    const { url, server } = await serve((_, response) => responses.push(response))
    const { port, balancer } = await balance([url], { upstreamConcurrency: 2, responseTimeout: 0 })
    const asked = [ask(port), ask(port), ask(port)]
    await until(() => responses.length === 2 && balancer.backlog === 3)
    /** The server accepts no connection any more, which the waiting request finds out. */
    const lose = () => {
      server.close()
      responses[1]?.setHeader('Connection', 'close').end()
    }
    const last = async () => {
      responses[0]?.end('done')
      return (await Promise.race(asked)).text
    }
    onTestFinished(() => void Promise.allSettled(asked))
    return { url, balancer, lose, last }
  }

  test('finish what they have although they cannot be reached, and may be recalled', async () => {
    const { url, balancer, lose } = await serveThree()
    lose()
    await until(() => balancer.workers[0]?.state === 'waiting')
    balancer.setWorkers([])
    expect(balancer.workers[0]?.backlog).toBe(1)
    balancer.setWorkers([url])
    expect(balancer.workers[0]).toMatchObject({ backlog: 1, isReady: false })
  })

  test('are not ready if they cannot be reached when they are recalled', async () => {
    const { url, balancer, lose } = await serveThree()
    balancer.setWorkers([])
    lose()
    await until(() => balancer.workers[0]?.backlog === 1)
    balancer.setWorkers([url])
    expect(balancer.workers[0]).toMatchObject({ backlog: 1, state: 'waiting', isReady: false })
  })

  test('are gone when they have finished, although they cannot be reached', async () => {
    const { balancer, lose, last } = await serveThree()
    lose()
    await until(() => balancer.workers[0]?.state === 'waiting')
    balancer.setWorkers([])
    await last()
    await until(() => balancer.workers.length === 0)
  })

  test('are refused if an address names more than an origin', () => {
    for (const address of ['http://a.example/path', 'http://u:p@a.example', 'ftp://a.example']) {
      expect(() => new LoadBalancer({ workers: [address] })).toThrow(OptionError)
    }
    expect(() => new LoadBalancer({ healthUrl: 'health' })).toThrow(/healthUrl/)
  })

  test('may listen at a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-unix-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'app.sock')
    const server = createServer((_, response) => response.end('unix'))
    server.listen(path)
    await once(server, 'listening')
    onTestFinished(() => stop(server))
    const { port } = await balance([`http+unix:${path}`])
    expect((await ask(port)).text).toBe('unix')
  })
})

test('a request goes on a connection that the server has just closed', async () => {
  let answered = 0
  const closing = await rawServer((socket) =>
    socket.once('data', () => {
      answered++
      socket.write(ok)
      socket.once('data', () => socket.destroy())
    }),
  )
  const { port } = await balance([closing.url])
  for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe('ok')
  expect(answered).toBe(3)
})

describe('upgrades at plain HTTP servers', () => {
  /** A server that grants upgrades to `echo`, and repeats what it gets. */
  async function serveEcho() {
    const { url, server } = await serve((_, response) => response.end('plain'))
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (request.headers.upgrade !== 'echo') {
        socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno')
        return
      }
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      )
      socket.write(`hello ${head}`)
      socket.on('data', (chunk) => socket.write(chunk))
      socket.on('end', () => socket.end('bye'))
    })
    return url
  }

  const asking = (protocol: string) =>
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`

  test('pass bytes in both directions, and end with the client', async () => {
    const { port, balancer } = await balance([await serveEcho()], { upstreamConcurrency: 1 })
    const { socket, received, closed } = openRaw(port)
    socket.write(asking('echo'))
    await until(() => received().endsWith('hello '))
    expect(received()).toMatch(/^HTTP\/1.1 101 .*\r\nUpgrade: echo\r\n/s)
    socket.write('one')
    await until(() => received().endsWith('hello one'))
    // It keeps no place from other requests.
    expect((await ask(port)).text).toBe('plain')
    expect(balancer.workers[0]?.backlog).toBe(1)
    socket.end('two')
    await closed
    expect(received()).toMatch(/hello onetwobye$/)
    await until(() => balancer.workers[0]?.backlog === 0)
  })

  test('are refused by the server', async () => {
    const { port } = await balance([await serveEcho()])
    const { socket, received } = openRaw(port)
    socket.write(asking('other'))
    await until(() => received().endsWith('no'))
    expect(received()).toMatch(/^HTTP\/1.1 400 /)
  })

  test('that are refused leave no connection for other requests, which they could corrupt', async () => {
    const { url, server } = await serve((_, response) => response.end('page'))
    server.on('upgrade', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno')
      socket.resume().on('end', () => socket.end())
    })
    const { port } = await balance([url])
    const { socket, received } = openRaw(port)
    socket.write(asking('echo'))
    await until(() => received().endsWith('no'))
    expect((await ask(port)).text).toBe('page')
  })

  test('let a client leave that has sent more than the server takes', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n')
        sockets.push(socket)
      })
    })
    const sockets: Socket[] = []
    const { port, balancer } = await balance([server.url])
    const { socket, received } = openRaw(port)
    socket.write(asking('echo'))
    await until(() => received().includes('101'))
    socket.write(Buffer.alloc(20_000_000))
    await until(() => balancer.workers[0]?.backlog === 1)
    sockets[0]?.end()
    await once(socket, 'end')
    socket.destroy()
    await until(() => balancer.backlog === 0)
  })

  test('end with the server', async () => {
    const { url, server } = await serve(() => undefined)
    server.on('upgrade', (_request, socket: Socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      )
      socket.on('data', () => socket.resetAndDestroy())
    })
    const { port } = await balance([url])
    const { socket, received, closed } = openRaw(port)
    socket.write(asking('echo'))
    await until(() => received().includes('101'))
    socket.write('x')
    await closed
  })
})
