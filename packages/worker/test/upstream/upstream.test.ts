import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Logger, OptionError, silentLogger } from '../../src/index.ts'
import { createUpstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function serveUpstream(listener: RequestListener, log: Logger = silentLogger) {
  return serve(createUpstream(await listen(listener), log), {}, { log })
}

function errorLog() {
  const errors: { readonly facts: Readonly<Record<string, unknown>>; readonly message: string }[] =
    []
  const log: Logger = {
    ...silentLogger,
    error: (facts, message) => errors.push({ facts, message }),
  }
  return { errors, log }
}

describe('an HTTP server as the worker’s application', () => {
  test('gets requests as they came, without fields of the hop, and its answers pass', async () => {
    const { balancer } = await serveUpstream((req, res) => {
      const { method, url, rawHeaders } = req
      res.writeHead(201, 'Made', ['X-One', '1', 'X-One', '2', 'Keep-Alive', 'timeout=9'])
      res.end(JSON.stringify({ method, url, rawHeaders }))
    })
    const headers = ['X-A', '1', 'x-a', '2', 'Connection', 'close', 'Expect', '100-continue']
    const answer = await balancer.fetch({ url: '/a%20b?c', headers })
    const seen = JSON.parse(answer.text)
    expect([seen.method, seen.url]).toEqual(['GET', '/a%20b?c'])
    expect(seen.rawHeaders.join(' ').toLowerCase()).toContain('x-a 1 x-a 2')
    expect(seen.rawHeaders.join(' ')).not.toContain('100-continue')
    expect([answer.status, answer.reason, answer.headers['x-one']]).toEqual([201, 'Made', '1, 2'])
    expect(answer.headers['keep-alive']).toBeUndefined()
  })

  test('gets bodies and gives them back', async () => {
    const { balancer } = await serveUpstream((req, res) => req.pipe(res))
    const body = Buffer.alloc(500_000, 'abc')
    const answer = await balancer.fetch({ body, headers: ['Content-Length', '500000'] })
    expect(answer.body.equals(body)).toBe(true)
  })

  test('may send interim responses and trailers', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.writeProcessing()
      res.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => {
        res.writeHead(200, { Trailer: 'X-Sum' })
        res.write('body')
        res.addTrailers({ 'X-Sum': '42' })
        res.end()
      })
    })
    const { interim, text, trailers } = await balancer.fetch()
    expect(interim.map(({ status }) => status)).toEqual([102, 103])
    expect(interim[1]?.headers).toBe('Link\n</style.css>; rel=preload')
    expect([text, trailers]).toEqual(['body', ['x-sum', '42']])
  })

  test('that breaks off in the middle breaks the response off', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.write('half')
      setImmediate(() => res.destroy())
    })
    await expect(balancer.fetch()).rejects.toThrow('reset: FAILED')
  })

  test('that closes the connection is asked once, and the answer is 502', async () => {
    const { errors, log } = errorLog()
    let asked = 0
    const { balancer } = await serveUpstream((req) => {
      asked++
      req.socket.destroy()
    }, log)
    const { status, text } = await balancer.fetch({ url: '/a' })
    expect([status, text, asked]).toEqual([502, 'Bad Gateway\n', 1])
    expect(errors.map(({ facts }) => facts['url'])).toEqual(['/a'])
  })

  test('that is not there makes the answer 502, and the log says why', async () => {
    const { errors, log } = errorLog()
    const url = await listen(() => undefined)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    const { balancer, worker } = await serve(createUpstream(url, log))
    expect((await balancer.fetch()).status).toBe(502)
    expect(errors[0]?.message).toContain('ECONNREFUSED')
    expect(worker.resume.size).toBe(0)
  })

  test('is not asked what its client library cannot ask, and that is no failure of it', async () => {
    const { balancer } = await serveUpstream((_req, res) => res.end())
    const answer = await balancer.fetch({ method: 'OPTIONS', url: '*' })
    expect(answer.status).toBe(501)
    expect(answer.text).toContain('cannot be passed on')
  })

  test('hears of a client that leaves', async () => {
    let closed = false
    const { balancer } = await serveUpstream((_req, res) => {
      res.on('close', () => {
        closed = true
      })
      res.write('beginning')
    })
    const call = balancer.call()
    await call.head
    call.stream.reset('CANCELLED')
    await until(() => closed)
  })
})

test.each(['nowhere', 'ftp://127.0.0.1', 'http://127.0.0.1/path', 'http://127.0.0.1/?a'])(
  'refuses %s as an upstream',
  (url) => {
    expect(() => createUpstream(url, silentLogger)).toThrow(OptionError)
  },
)
