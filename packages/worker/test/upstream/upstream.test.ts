import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OptionError } from '@resumelb/common'
import { afterEach, describe, expect, test } from 'vitest'
import { type Logger, silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import type { Answer, Question } from '../support/balancer.ts'
import { serve, until } from '../support/setup.ts'
import { answering, rawServer } from './raw-server.ts'

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

async function serveUrl(url: string, log: Logger = silentLogger, options = {}) {
  return serve(new Upstream(url, { log }).handle, options, { log })
}

async function serveUpstream(listener: RequestListener, log: Logger = silentLogger) {
  return serveUrl(await listen(listener), log)
}

/** The answer that a client gets to what a server sends. */
async function answerTo(response: string | Buffer, question: Question = {}): Promise<Answer> {
  const { url } = await rawServer(answering(response))
  const { balancer } = await serveUrl(url)
  return balancer.fetch(question)
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

const chunked = ['Transfer-Encoding', 'chunked']

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a request to the server behind', () => {
  test('comes as it was, without fields of the hop', async () => {
    const { balancer } = await serveUpstream((req, res) => {
      const { method, url, rawHeaders } = req
      res.end(JSON.stringify({ method, url, rawHeaders }))
    })
    const headers = ['X-A', '1', 'x-a', '2', 'Connection', 'close, X-Hop', 'X-Hop', '3', 'TE', 'x']
    const answer = await balancer.fetch({ url: '/a%20b?c', headers })
    expect(JSON.parse(answer.text)).toEqual({
      method: 'GET',
      url: '/a%20b?c',
      rawHeaders: ['Host', 'site.example', 'X-A', '1', 'x-a', '2', 'Connection', 'keep-alive'],
    })
  })

  test.each([
    ['OPTIONS', '*'],
    ['GET', 'http://other.example/a'],
    ['GET', '/caf\xe9'],
    ['PROPFIND', '/a'],
  ])('may be %s %s', async (method, url) => {
    const heads: string[] = []
    const server = await rawServer((socket) =>
      socket.on('data', (bytes) => {
        heads.push(bytes.toString('latin1').split('\r\n')[0] as string)
        socket.write(ok)
      }),
    )
    const { balancer } = await serveUrl(server.url)
    expect((await balancer.fetch({ method, url })).text).toBe('ok')
    expect(heads).toEqual([`${method} ${url} HTTP/1.1`])
  })

  test('of which HTTP has no form is answered 400, and no failure of the server', async () => {
    const { balancer } = await serveUpstream((_req, res) => res.end())
    expect((await balancer.fetch({ url: '/a b' })).status).toBe(400)
    expect((await balancer.fetch({ headers: ['X-A', 'a\u010d'] })).status).toBe(400)
  })

  test('brings its body, whatever the framing and the method', async () => {
    const { balancer } = await serveUpstream((req, res) => req.pipe(res))
    const body = Buffer.alloc(500_000, 'abc')
    for (const method of ['POST', 'PUT', 'DELETE', 'GET']) {
      for (const headers of [['Content-Length', '500000'], chunked]) {
        const answer = await balancer.fetch({ method, body, headers })
        expect(answer.body.equals(body)).toBe(true)
      }
    }
  })

  test('in chunks brings its body when it has come whole, and when it has waited', async () => {
    const url = await listen((req, res) => req.pipe(res))
    const { balancer } = await serveUrl(url, silentLogger, { concurrency: 1 })
    const asked = Array.from({ length: 20 }, (_, number) =>
      balancer.fetch({ body: `body ${number}`, headers: chunked }),
    )
    const texts = (await Promise.all(asked)).map(({ text }) => text)
    expect(texts).toEqual(asked.map((_, number) => `body ${number}`))
  })

  test('without a body says so where one could be expected', async () => {
    const { balancer } = await serveUpstream((req, res) =>
      res.end(`${req.headers['content-length']} ${req.headers['transfer-encoding']}`),
    )
    expect((await balancer.fetch({ method: 'POST' })).text).toBe('0 undefined')
    expect((await balancer.fetch({ method: 'GET' })).text).toBe('undefined undefined')
    expect((await balancer.fetch({ method: 'POST', body: '', headers: chunked })).text).toBe(
      'undefined chunked',
    )
  })

  test('brings its trailers', async () => {
    const { balancer } = await serveUpstream((req, res) => {
      req.resume().on('end', () => res.end(JSON.stringify(req.rawTrailers)))
    })
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers: chunked })
    stream.write(Buffer.from('body'))
    stream.end({ trailers: 'X-Sum\n42' })
    expect((await answer).text).toBe('["X-Sum","42"]')
  })

  test('is heard of before the first byte of its body', async () => {
    const { balancer } = await serveUpstream((req, res) => {
      res.write('send')
      req.pipe(res)
    })
    const { stream, head, answer } = balancer.call({
      method: 'POST',
      isOpen: true,
      headers: chunked,
    })
    await head
    stream.write(Buffer.from(' this'))
    stream.end()
    expect((await answer).text).toBe('send this')
  })

  test('that asks first brings its body when the server wants it', async () => {
    const { balancer } = await serveUpstream((req, res) => req.pipe(res))
    const headers = ['Expect', '100-continue', 'Content-Length', '4']
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
    stream.write(Buffer.from('body'))
    stream.end()
    const { text, interim } = await answer
    expect([text, interim.map(({ status }) => status)]).toEqual(['body', [100]])
  })

  test('that asks first and is refused sends nothing of its body', async () => {
    let bytes = 0
    const server = await rawServer((socket) =>
      socket.on('data', (piece) => {
        bytes += piece.toString().split('\r\n\r\n')[1]?.length ?? piece.length
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n')
      }),
    )
    const { balancer } = await serveUrl(server.url)
    const headers = ['Expect', '100-continue', 'Content-Length', '4']
    const answer = await balancer.fetch({ method: 'POST', body: 'body', headers })
    expect([answer.status, answer.interim, bytes]).toEqual([413, [], 0])
  })

  test('that asks first is sent to a server that knows nothing of that', async () => {
    const server = await rawServer((socket) => {
      let text = ''
      socket.on('data', (piece) => {
        text += piece
        if (text.endsWith('body')) socket.write(ok)
      })
    })
    const { balancer } = await serveUrl(server.url)
    const headers = ['Expect', '100-continue', 'Content-Length', '4']
    const answer = await balancer.fetch({ method: 'POST', body: 'body', headers })
    expect(answer.text).toBe('ok')
  })

  test('of a client that leaves is given up', async () => {
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

describe('a response of the server behind', () => {
  test('passes as it is, without fields of the hop', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.writeHead(201, 'Made', ['X-One', '1', 'X-One', '2', 'Keep-Alive', 'timeout=9'])
      res.end('done')
    })
    const { status, reason, headers, text } = await balancer.fetch()
    expect([status, reason, headers['x-one'], text]).toEqual([201, 'Made', '1, 2', 'done'])
    expect(headers['keep-alive']).toBeUndefined()
  })

  test('leaves out the fields that its Connection lists', async () => {
    const fields = 'Connection: X-Hop, close\r\nX-Hop: 1\r\nX-Kept: 2\r\n'
    const { rawHeaders } = await answerTo(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`)
    expect(rawHeaders).toEqual(['X-Kept', '2', 'Content-Length', '0'])
  })

  test('may be a 304, or one to HEAD, with a length, and the connection goes on', async () => {
    const server = await rawServer((socket) =>
      socket.on('data', (bytes) => {
        const isHead = bytes.toString().startsWith('HEAD')
        const line = isHead ? '200 OK' : '304 Not Modified'
        socket.write(`HTTP/1.1 ${line}\r\nETag: "a"\r\nContent-Length: 1234\r\n\r\n`)
      }),
    )
    const { balancer } = await serveUrl(server.url)
    for (const [method, status] of [
      ['GET', 304],
      ['HEAD', 200],
      ['GET', 304],
    ] as const) {
      const answer = await balancer.fetch({ method })
      expect([answer.status, answer.rawHeaders, answer.text]).toEqual([
        status,
        ['ETag', '"a"', 'Content-Length', '1234'],
        '',
      ])
    }
    expect(server.connections()).toBe(1)
  })

  test('may be interim, and have trailers', async () => {
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
    expect([text, trailers]).toEqual(['body', ['X-Sum', '42']])
  })

  test('may begin with a 100 that nobody asked for', async () => {
    const { text, interim } = await answerTo(`HTTP/1.1 100 Continue\r\n\r\n${ok}`)
    expect([text, interim]).toEqual(['ok', []])
  })

  test.each([
    ['Non trouv\xe9', 'Non trouv\xe9'],
    ['\xd0\x9d\xd0\xb5\xd1\x82', '\xd0\x9d\xd0\xb5\xd1\x82'],
    ['a\x01b', ''],
    ['', ''],
  ])('with the reason %j has the reason %j', async (sent, got) => {
    const response = `HTTP/1.1 404 ${sent}\r\nContent-Length: 2\r\n\r\nno`
    const { status, reason, text } = await answerTo(Buffer.from(response, 'latin1'))
    expect([status, reason, text]).toEqual([404, got, 'no'])
  })

  test.each(['099 Low', '000 Zero', '1000 High', '20 Short', 'OK', '101 Switching'])(
    'of status %s is a 502 for that request alone',
    async (line) => {
      let requests = 0
      const server = await rawServer((socket) =>
        socket.on('data', () => {
          requests++
          socket.write(requests % 2 === 1 ? `HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n` : ok)
        }),
      )
      const { balancer } = await serveUrl(server.url, silentLogger, { concurrency: 1 })
      const answers = [await balancer.fetch(), await balancer.fetch(), await balancer.fetch()]
      expect(answers.map(({ status }) => status)).toEqual([502, 200, 502])
    },
  )

  test.each([
    'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\nmore\r\n',
    'Content-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'X: a\x01b\r\n\r\n',
  ])('that is not valid before any of it has left is a 502: %j', async (rest) => {
    const { errors, log } = errorLog()
    const { url } = await rawServer(answering(`HTTP/1.1 200 OK\r\n${rest}`))
    const { balancer, worker } = await serveUrl(url, log)
    const { status, text } = await balancer.fetch()
    expect([status, text]).toEqual([502, 'Bad Gateway\n'])
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^no response: /)])
    expect(worker.resume.size).toBe(0)
  })

  test('that comes in the middle of an upload is passed on', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(
          'HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge',
        )
        // What was not read makes the system reset the connection.
        setImmediate(() => socket.destroy())
      })
    })
    const { balancer } = await serveUrl(server.url)
    const body = Buffer.alloc(5_000_000)
    for (let i = 0; i < 10; i++) {
      const headers = ['Content-Length', String(body.length)]
      const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
      stream.write(body)
      stream.end()
      const { status, text } = await answer
      expect([status, text]).toEqual([413, 'large'])
    }
  })

  test('that breaks off in the middle breaks off', async () => {
    const { balancer } = await serveUpstream((_req, res) => {
      res.write('half')
      setImmediate(() => res.destroy())
    })
    await expect(balancer.fetch()).rejects.toThrow('reset: FAILED')
  })

  test('that ends with its connection is whole, and is not if that was reset', async () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n'
    const server = await rawServer((socket, number) => {
      socket.once('data', () => {
        if (number === 0) socket.end(`${head}whole`)
        else socket.write(`${head}half`, () => setTimeout(() => socket.resetAndDestroy(), 20))
      })
    })
    const { balancer } = await serveUrl(server.url)
    expect((await balancer.fetch()).text).toBe('whole')
    await expect(balancer.fetch()).rejects.toThrow('reset: FAILED')
  })

  test('may bring more than was announced, which nobody takes for the next one', async () => {
    const server = await rawServer(
      answering(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    )
    const { balancer } = await serveUrl(server.url)
    expect((await balancer.fetch()).text).toBe('ok')
    expect((await balancer.fetch()).text).toBe('ok')
    expect(server.connections()).toBe(2)
  })

  test('that a client takes slowly is read slowly', async () => {
    let written = 0
    const { balancer } = await serveUpstream((_req, res) => {
      const chunk = Buffer.alloc(64 * 1024)
      const write = () => {
        while (written < 50_000_000) {
          written += chunk.length
          if (!res.write(chunk)) return res.once('drain', write)
        }
        return res.end()
      }
      write()
    })
    const call = balancer.call({ isSlow: true })
    await call.head
    let before = -1
    // The sockets' buffers fill until nothing moves any more.
    await until(() => {
      const hasStopped = before === written
      before = written
      return hasStopped && written > 0
    })
    expect(written).toBeLessThan(50_000_000)
    call.readOn()
    expect((await call.answer).body.length).toBe(written)
  })

  test('that never begins is a 502, and its request is not sent twice', async () => {
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
})

describe('a connection that the server has closed as it is used again', () => {
  /** Answers the first request of each connection and closes at the second, unseen. */
  const closingServer = () => {
    const seen: string[] = []
    return rawServer((socket) => {
      let requests = 0
      socket.on('data', (bytes) => {
        seen.push(bytes.toString().split(' ')[0] as string)
        if (requests++ === 0) socket.write(ok)
        else socket.resetAndDestroy()
      })
    }).then((server) => ({ ...server, seen }))
  }

  test.each(['GET', 'HEAD', 'OPTIONS', 'DELETE'])('costs no %s', async (method) => {
    const server = await closingServer()
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch({ method })).status).toBe(200)
    expect(server.seen).toEqual(['GET', method, method])
  })

  test('repeats a request once, not more often', async () => {
    let connections = 0
    const server = await rawServer((socket) => {
      const isFirst = connections++ === 0
      let requests = 0
      socket.on('data', () => {
        if (isFirst && requests++ === 0) socket.write(ok)
        else socket.resetAndDestroy()
      })
    })
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch()).status).toBe(502)
    expect(server.connections()).toBe(2)
  })

  test.each([
    ['POST', {}],
    ['PUT', { body: 'x', headers: ['Content-Length', '1'] }],
  ])('repeats no %s that the server may have begun with', async (method, question) => {
    const server = await closingServer()
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch({ method, ...question })).status).toBe(502)
    expect(server.seen.filter((seen) => seen === method)).toEqual([method])
  })

  test('is not used again once the close has been seen', async () => {
    const server = await rawServer((socket) =>
      socket.on('data', () => socket.write(ok, () => socket.end())),
    )
    const { balancer } = await serveUrl(server.url)
    for (let i = 0; i < 5; i++) {
      expect((await balancer.fetch({ method: 'POST' })).text).toBe('ok')
      await until(() => true)
    }
  })
})

describe('a server behind that refuses connections', () => {
  async function nobody(): Promise<{ url: string; port: number }> {
    const server = await rawServer(() => undefined)
    await server.close()
    return server
  }

  test('has its requests refused, of any method, so that another worker has them', async () => {
    const { balancer, worker } = await serveUrl((await nobody()).url)
    const headers = ['Content-Length', '5']
    for (const question of [{}, { method: 'POST', body: 'hello', headers }]) {
      await expect(balancer.fetch(question)).rejects.toThrow('reset: REFUSED')
    }
    await until(() => worker.backlog === 0)
    expect(worker.resume.size).toBe(0)
  })

  test('is not ready, and ready again when it is back', async () => {
    const { url, port } = await nobody()
    const messages: string[] = []
    const note = (_facts: unknown, message: string) => messages.push(message)
    const log = { ...silentLogger, info: note, warn: note }
    const upstream = new Upstream(url, { log })
    const { balancer, worker } = await serve(upstream.handle)
    upstream.watch((isReady) => worker.setReady(isReady))
    await until(() => worker.state === 'unready')
    await until(() => balancer.loads.at(-1)?.state === 'unready')
    await rawServer(answering(ok), port)
    await until(() => worker.state === 'ready')
    await until(() => balancer.loads.at(-1)?.state === 'ready')
    expect(messages).toEqual(['upstream does not answer: not ready', 'upstream is back: ready'])
    expect((await balancer.fetch()).text).toBe('ok')
    upstream.close()
  })

  test('frees the slots of its requests', async () => {
    const { balancer } = await serveUrl((await nobody()).url, silentLogger, { concurrency: 1 })
    const calls = Array.from({ length: 5 }, () => balancer.fetch().catch(({ message }) => message))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['reset: REFUSED']))
  })
})

test.each([
  'nowhere',
  'ftp://127.0.0.1',
  'http://127.0.0.1/path',
  'http://127.0.0.1/?a',
  'http://user:secret@127.0.0.1',
])('refuses %s as an upstream', (url) => {
  expect(() => new Upstream(url, { log: silentLogger })).toThrow(OptionError)
})
