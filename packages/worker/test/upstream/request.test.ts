import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'
import { rawServer } from './raw-server.ts'
import { listen, ok, serveUpstream, serveUrl } from './serve-upstream.ts'

const okRest = 'Content-Length: 2\r\n\r\nok'
const chunked = ['Transfer-Encoding', 'chunked']

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

  test('is sent before the first byte of its body', async () => {
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

  test('that is answered before it is whole brings the rest of its body', async () => {
    const bodies: number[] = []
    const { balancer } = await serveUpstream((req, res) => {
      let bytes = 0
      req.on('data', (piece) => {
        bytes += piece.length
      })
      req.on('end', () => bodies.push(bytes))
      res.end('early')
    })
    const body = Buffer.alloc(5_000_000)
    for (const headers of [['Content-Length', '5000000'], chunked]) {
      expect((await balancer.fetch({ method: 'POST', body, headers })).text).toBe('early')
    }
    await until(() => bodies.length === 2)
    expect(bodies).toEqual([5_000_000, 5_000_000])
  })

  test('whose body is whole later than its answer leaves its connection to the next', async () => {
    const server = await rawServer((socket) => {
      let text = ''
      socket.on('data', (piece) => {
        text += piece
        if (text.endsWith('\r\n\r\n')) socket.write(ok)
        if (text.endsWith('body')) text = ''
      })
    })
    const { balancer } = await serveUrl(server.url)
    for (let i = 0; i < 3; i++) {
      const headers = ['Content-Length', '4']
      const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
      expect((await answer).text).toBe('ok')
      stream.write(Buffer.from('body'))
      stream.end()
      await until(() => stream.isOver)
    }
    expect(server.connections()).toBe(1)
  })

  test('that is answered early breaks off at the server if the client leaves', async () => {
    let isClosed = false
    const { balancer } = await serveUpstream((req, res) => {
      // Node's server does not tell the message of a request that has been answered.
      req.resume().socket.on('close', () => {
        isClosed = true
      })
      res.end('early')
    })
    const headers = ['Content-Length', '9']
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
    expect((await answer).text).toBe('early')
    stream.reset('CANCELLED')
    await until(() => isClosed)
  })

  test.each([
    ['refuses it', 'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nok', false],
    ['says that it closes', `HTTP/1.1 200 OK\r\nConnection: close\r\n${okRest}`, false],
    ['breaks the connection', '', true],
  ])('does not wait for a server that %s while its body comes', async (_, response, breaks) => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(response, () => breaks && socket.resetAndDestroy())
      })
    })
    const { balancer } = await serveUrl(server.url)
    const headers = ['Content-Length', '50000000']
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
    stream.write(Buffer.alloc(10_000_000))
    const { text } = await answer
    expect(text).toBe(breaks ? 'Bad Gateway\n' : 'ok')
    await until(() => stream.isOver)
  })

  test('that is answered early is given up when the server takes nothing for a minute', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(ok)
      })
    })
    const clock = new ManualClock()
    const upstream = new Upstream(server.url, { log: silentLogger, clock })
    const { balancer } = await serve(upstream.handle)
    const headers = ['Content-Length', '50000000']
    const { stream, answer } = balancer.call({ method: 'POST', isOpen: true, headers })
    stream.write(Buffer.alloc(50_000_000))
    expect((await answer).text).toBe('ok')
    let before = -1
    // The sockets' buffers fill until nothing moves any more.
    await until(() => {
      const hasStopped = before === stream.queuedBytes
      before = stream.queuedBytes
      return hasStopped
    })
    await clock.advance(59_000)
    expect(stream.isOver).toBe(false)
    // Again and again: on a busy machine bytes may move once more, and the minute begins anew.
    await until(async () => {
      await clock.advance(2_000)
      return stream.isOver
    })
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
