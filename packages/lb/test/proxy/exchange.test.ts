import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { type LogMethod, silentLogger } from '@resumelb/common'
import { ManualClock, settle } from '@resumelb/common/testing'
import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  ask,
  askAndOnceBegun,
  open,
  openRaw,
  readAnswer,
  startBalancer,
  startWorker,
  until,
  untilItStands,
} from '../support/balancer.ts'
import {
  answer,
  type Behaviour,
  type Caught,
  plain,
  reported,
  silent,
} from '../support/tiny-worker.ts'

describe('a request', () => {
  test('reaches the worker with its method, target, class, client and id', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker])
    await ask(port, { path: '/a/b?c=d', headers: { host: 'WWW.Site.Example:80' } })
    const { head } = await worker.caught(1)
    expect(head).toMatchObject({
      method: 'GET',
      url: '/a/b?c=d',
      requestClass: 'site.example',
      remoteAddress: '127.0.0.1',
      encrypted: false,
      httpVersion: '1.1',
    })
    const fields = splitHeaders(head.headers)
    expect(fields[fields.indexOf('X-Request-Id') + 1]).toBe(head.id)
    expect(head.remotePort).toBeGreaterThan(0)
  })

  test('of two hosts is refused, whichever of them a worker would take', async () => {
    const worker = await startWorker()
    const { port, ended } = await startBalancer([worker])
    const { socket, received, closed } = openRaw(port)
    socket.write('GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n')
    await closed
    expect(received()).toContain('HTTP/1.1 400 ')
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 400, worker: '' })
    expect(worker.requests).toHaveLength(0)
  })

  test('the bytes of responses that come from no worker are counted too', async () => {
    const { port, ended } = await startBalancer([], { waitTimeout: 1 })
    const echo = await ask(port, { method: 'TRACE', headers: { 'Max-Forwards': '0' } })
    const page = await ask(port)
    await until(() => ended.length === 2)
    expect(echo.text).toMatch(/^TRACE /)
    expect(page.status).toBe(503)
    const lengths = [echo.text.length, page.text.length]
    expect(ended.map(({ bytesSent }) => bytesSent)).toEqual(lengths)
  })

  test('has an id of its own each time', async () => {
    const worker = await startWorker()
    const [one, other] = [await startBalancer([worker]), await startBalancer([worker])]
    for (const { port } of [one, other, one, other]) await ask(port)
    expect(new Set(worker.requests.map(({ head }) => head.id)).size).toBe(4)
  })

  test('is of the default class if the classifier throws or names none', async () => {
    const worker = await startWorker()
    const failing = await startBalancer([worker], {
      classifier: () => {
        throw new Error('no')
      },
    })
    const nameless = await startBalancer([worker], { classifier: () => 7 as never })
    expect((await ask(failing.port)).status).toBe(200)
    expect((await ask(nameless.port)).status).toBe(200)
    expect(worker.requests.map(({ head }) => head.requestClass)).toEqual(['', ''])
  })

  test('travels in one frame with a short body', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker])
    await ask(port, { method: 'POST', body: 'x'.repeat(10_000) })
    const caught = await worker.caught(1)
    expect(caught.chunks.map((chunk) => chunk.length)).toEqual([10_000])
    expect(String(await caught.body)).toBe('x'.repeat(10_000))
  })

  test('brings a long body, in pieces, and its trailers', async () => {
    const worker = await startWorker(async ({ body, stream }) => {
      stream.respond(plain, Buffer.from(String((await body).length)), reported)
    })
    const { port } = await startBalancer([worker])
    const body = Buffer.alloc(3_000_000, 'y')
    expect((await ask(port, { method: 'PUT', body })).text).toBe('3000000')
  })

  test('brings a body of unknown length', async () => {
    const worker = await startWorker(async ({ body, stream }) => {
      stream.respond(plain, await body, reported)
    })
    const { port } = await startBalancer([worker])
    const sent = open(port, { method: 'POST' })
    sent.write('one ')
    await worker.caught(1)
    sent.end('two')
    expect((await readAnswer(sent)).text).toBe('one two')
    const fields = splitHeaders((await worker.caught(1)).head.headers)
    expect(fields[fields.indexOf('Transfer-Encoding') + 1]).toBe('chunked')
  })

  test('waits at the client while the worker takes nothing', async () => {
    const worker = await startWorker(silent)
    worker.consumes = false
    const { port } = await startBalancer([worker])
    const sent = open(port, { method: 'POST', headers: { 'content-length': 100_000_000 } })
    sent.on('error', () => undefined)
    const chunk = Buffer.alloc(65_536)
    let written = 0
    const go = () => {
      while (written < 1_500 && sent.write(chunk)) written++
    }
    sent.on('drain', go)
    go()
    const { chunks } = await worker.caught(1)
    worker.behaviour = answer('another')
    await untilItStands(() => written, port)
    expect(Buffer.concat(chunks).length).toBe(64 * 1024)
    // The kernel's buffers hold a few megabytes.
    expect(written).toBeLessThan(750)
  })

  test('frees its connection for the next one if the worker answers and wants no more of the body', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain, Buffer.from('enough'), reported)
      stream.reset('CANCELLED')
    })
    const { port, balancer } = await startBalancer([worker])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const first = ask(port, { method: 'POST', agent, body: Buffer.alloc(2_000_000) })
    expect((await first).text).toBe('enough')
    expect((await ask(port, { agent })).text).toBe('enough')
    expect(balancer.backlog).toBe(0)
  })

  test('brings the rest of its body to a worker that answers before that', async () => {
    const worker = await startWorker(answer('early'))
    const { port } = await startBalancer([worker])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const body = Buffer.alloc(2_000_000, 'x')
    expect((await ask(port, { method: 'POST', agent, body })).text).toBe('early')
    expect((await (await worker.caught(1)).body).equals(body)).toBe(true)
    expect((await ask(port, { agent })).text).toBe('early')
  })

  test('leaves nothing on its connection when another worker answers before it has the body', async () => {
    const body = Buffer.alloc(100_000, 'x')
    const [first, second] = [await startWorker(silent), await startWorker(silent)]
    const { port, server } = await startBalancer([first, second])
    let theirs: Socket | undefined
    server.on('connection', (socket: Socket) => (theirs ??= socket))
    const { socket, received } = openRaw(port)
    await until(() => theirs !== undefined)
    const listeners = () => theirs?.listenerCount('close')
    const before = listeners()
    socket.write(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
    const busy = () => [first, second].find(({ requests }) => requests.length > 0)
    await until(() => Buffer.concat(busy()?.requests[0]?.chunks ?? []).length === body.length)
    const other = busy() === first ? second : first
    other.consumes = false
    other.behaviour = answer('early')
    busy()?.breakConnections()
    await until(() => received().endsWith('early'))
    expect(listeners()).toBe(before)
  })

  test('brings the rest of its body even if its client leaves when it has sent it', async () => {
    const worker = await startWorker(answer('early'))
    worker.consumes = false
    const { port, server } = await startBalancer([worker])
    let hasLeft = false
    server.on('connection', (socket) => socket.on('close', () => (hasLeft = true)))
    const { socket, received } = openRaw(port)
    const body = Buffer.alloc(150_000, 'x')
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n')
    socket.write(body)
    await until(() => received().endsWith('early'))
    socket.end()
    const { stream, chunks, body: whole } = await worker.caught(1)
    await until(() => hasLeft)
    worker.consumes = true
    stream.consumed(Buffer.concat(chunks).length)
    expect((await whole).equals(body)).toBe(true)
  })

  test('is reset where its client leaves after the answer and before the end of the body', async () => {
    const worker = await startWorker(answer('early'))
    const { port } = await startBalancer([worker])
    const sent = open(port, { method: 'POST', headers: { 'content-length': 1_000_000 } })
    sent.on('error', () => undefined)
    sent.write('x')
    expect((await readAnswer(sent)).text).toBe('early')
    sent.destroy()
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
  })

  test('does not come once the application has closed the connection after its answer', async () => {
    const worker = await startWorker(answer('early'))
    const { port, ended } = await startBalancer([worker])
    const { socket, received, closed } = openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx')
    await until(() => received().endsWith('early'))
    const { stream } = await worker.caught(1)
    stream.reset('ABORTED')
    await closed
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 200, isTruncated: false })
  })

  test('leaves the connection to the next request once it has come, whatever is said of it', async () => {
    const worker = await startWorker(({ head, stream }) => {
      if (head.method === 'POST') stream.respond(plain, Buffer.from('early'), reported)
    })
    worker.consumes = false
    const { port } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n')
    await until(() => received().endsWith('early'))
    socket.write(Buffer.alloc(70_000))
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const next = await worker.caught(2)
    ;(await worker.caught(1)).stream.reset('ABORTED')
    next.stream.respond(plain, Buffer.from('next'), reported)
    await until(() => received().endsWith('next'))
  })
})

describe('a client that leaves', () => {
  test('before the response resets the stream, and is a 499 in the log', async () => {
    const worker = await startWorker(silent)
    const { port, balancer, ended } = await startBalancer([worker])
    const sent = open(port)
    sent.on('error', () => undefined)
    sent.end()
    const caught = await worker.caught(1)
    expect(balancer.backlog).toBe(1)
    sent.socket?.resetAndDestroy()
    expect(await caught.reset).toBe('CANCELLED')
    expect(balancer.backlog).toBe(0)
    await until(() => ended.length === 1)
    expect(ended[0]?.status).toBe(499)
  })

  test('in the middle of the response resets the stream', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      stream.write(Buffer.from('half'))
    })
    const { port, balancer, ended } = await startBalancer([worker])
    const sent = open(port)
    sent.on('error', () => undefined)
    sent.end()
    await new Promise((resolve) => sent.on('response', resolve))
    sent.socket?.resetAndDestroy()
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
    await until(() => balancer.backlog === 0 && ended.length === 1)
    expect(ended[0]?.status).toBe(499)
  })

  test('in the middle of an upload resets the stream', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const sent = open(port, { method: 'POST' })
    sent.on('error', () => undefined)
    sent.write('half')
    const caught = await worker.caught(1)
    sent.destroy()
    expect(await caught.reset).toBe('CANCELLED')
    await until(() => balancer.backlog === 0)
  })

  test('resets its request, and takes those that it has sent ahead with it', async () => {
    const worker = await startWorker(silent)
    const { port, balancer, ended } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    const { reset } = await worker.caught(1)
    socket.destroy()
    expect(await reset).toBe('CANCELLED')
    await until(() => balancer.backlog === 0)
    await until(() => ended.length === 1)
    expect(worker.requests.length).toBe(1)
  })

  test('is given up if it stops in the middle of its request', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker], { clientTimeout: 50 })
    const { socket, received, closed } = openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf')
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 408 .*Connection: close/s)
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
    expect(balancer.backlog).toBe(0)
  })

  test('is given up if it does not take its response', async () => {
    const chunk = Buffer.alloc(100_000)
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      const pump = () => {
        while (stream.write(chunk));
      }
      const reset = () => undefined
      stream.handle({ onData: () => {}, onEnd: () => {}, onReset: reset, onDrain: pump })
      pump()
    })
    const { port, balancer } = await startBalancer([worker], { clientTimeout: 100 })
    const { socket } = openRaw(port)
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await worker.caught(1)
    await until(() => balancer.backlog === 0)
  })

  test.each(['stops in the middle of its request', 'is held up by a worker that takes nothing'])(
    'is given up if it has been answered, and %s',
    async (situation) => {
      const worker = await startWorker(answer('early'))
      worker.consumes = false
      const clock = new ManualClock()
      const { port, balancer } = await startBalancer([worker], { clientTimeout: 50, clock })
      // So that the time does not run before the answer is there, however long that takes.
      clock.standStill(1_000)
      const { socket, received, closed } = openRaw(port)
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\nhalf')
      const { stream, reset } = await worker.caught(1)
      await until(() => received().endsWith('early'))
      await clock.advance(2_000)
      if (situation.startsWith('is held up')) socket.write(Buffer.alloc(20_000_000))
      expect(await reset).toBe('CANCELLED')
      await closed
      expect(received()).toMatch(/^HTTP\/1\.1 200 .*early$/s)
      expect([stream.isOver, balancer.backlog]).toEqual([true, 0])
    },
  )

  test('after it has sent all leaves nothing to a worker that takes nothing', async () => {
    for (const length of [80_000, 150_000]) {
      const worker = await startWorker(answer('early'))
      worker.consumes = false
      const { port } = await startBalancer([worker], { clientTimeout: 50 })
      const { socket, received } = openRaw(port)
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
      socket.write(Buffer.alloc(length))
      const { stream, reset } = await worker.caught(1)
      await until(() => received().endsWith('early'))
      socket.end()
      expect(await reset).toBe('CANCELLED')
      expect(stream.isOver).toBe(true)
    }
  })

  test('is not given up while the worker is the slow one', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      stream.write(Buffer.from('tick '))
    })
    const { port } = await startBalancer([worker], { clientTimeout: 50 })
    const sent = open(port, { method: 'POST' })
    const answered = readAnswer(sent)
    sent.end(Buffer.alloc(100_000))
    const { stream, body } = await worker.caught(1)
    await body
    worker.behaviour = silent
    // One that is slow itself, though it came later, is given up before.
    const slow = openRaw(port)
    slow.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx')
    await slow.closed
    stream.write(Buffer.from('tock'))
    stream.end(reported)
    expect((await answered).text).toBe('tick tock')
  })

  test('is not blamed for a body that has not been read yet', async () => {
    const { port, balancer } = await startBalancer([], { clientTimeout: 50, waitTimeout: 300 })
    const sent = ask(port, { method: 'POST', body: Buffer.alloc(100_000) })
    expect((await sent).status).toBe(503)
    expect(balancer.waiting).toBe(0)
  })

  test('by not reading the end of its response is given up', async () => {
    const worker = await startWorker(({ stream }) => stream.respond(plain))
    const { port, balancer, server, ended } = await startBalancer([worker], { clientTimeout: 100 })
    let theirs: Socket | undefined
    server.on('connection', (socket) => {
      theirs = socket
    })
    const { socket } = openRaw(port)
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const { stream } = await worker.caught(1)
    // Until the kernel takes no more.
    while ((theirs?.writableLength ?? 0) === 0) {
      stream.write(Buffer.alloc(8_000))
      await settle()
    }
    stream.write(Buffer.alloc(20_000))
    stream.end(reported)
    await until(() => ended.length === 1)
    await balancer.close()
  })
})

describe('pipelined requests', () => {
  test('are served one after the other', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    const one = await worker.caught(1)
    expect(balancer.backlog).toBe(1)
    one.stream.respond(plain, Buffer.from('first'), reported)
    const two = await worker.caught(2)
    expect(received()).toMatch(/first$/)
    two.stream.respond(plain, Buffer.from('second'), reported)
    await until(() => received().includes('second'))
    expect(received()).toMatch(/first.*second/s)
  })
})

describe('a request whose worker', () => {
  test('dies goes to another one if it is a GET', async () => {
    const [bad, good] = [await startWorker(silent), await startWorker()]
    const { port, ended } = await startBalancer([bad, good])
    bad.behaviour = () => bad.breakConnections()
    const got = await Promise.all([ask(port), ask(port), ask(port), ask(port)])
    expect(got.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    await until(() => ended.length === 4)
    expect(ended.some(({ attempts }) => attempts === 2)).toBe(true)
  })

  test('dies becomes a 502, once, if it is a POST', async () => {
    const worker = await startWorker(() => worker.breakConnections())
    const other = await startWorker(() => other.breakConnections())
    const { port, balancer } = await startBalancer([worker, other])
    expect((await ask(port, { method: 'POST', body: 'x' })).status).toBe(502)
    expect(worker.requests.length + other.requests.length).toBe(1)
    expect(balancer.backlog).toBe(0)
  })

  test('is lost for good gets the page that the operator wants', async () => {
    const worker = await startWorker(({ stream }) => stream.reset('FAILED'))
    const page = '<h1>Sorry</h1>'
    const { port } = await startBalancer([worker], { disconnectMessage: page })
    const got = await ask(port, { method: 'POST' })
    expect(got).toMatchObject({ status: 502, text: page })
    expect(got.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(got.headers['x-request-id']).toBe((await worker.caught(1)).head.id)
  })

  test('refuses it goes to another one, with its short or long body', async () => {
    const refusing: Behaviour = ({ stream }) => stream.reset('REFUSED')
    const echoing: Behaviour = async ({ body, stream }) =>
      stream.respond(plain, Buffer.from(String((await body).length)), reported)
    for (const length of [10, 60_000, 1_000_000]) {
      const [bad, good] = [await startWorker(refusing), await startWorker(echoing)]
      bad.consumes = false
      const { port, balancer } = await startBalancer([bad, good])
      const asks = [1, 2].map(() =>
        ask(port, { method: 'POST', body: Buffer.alloc(length) }).then(({ text }) => text),
      )
      expect(await Promise.all(asks)).toEqual([String(length), String(length)])
      expect(bad.requests.length).toBeGreaterThan(0)
      expect(balancer.backlog).toBe(0)
    }
  })

  test('and every other one fails it is tried a bounded number of times', async () => {
    const refusing: Behaviour = ({ stream }) => stream.reset('REFUSED')
    const workers = await Promise.all([1, 2, 3, 4, 5].map(() => startWorker(refusing)))
    const { port } = await startBalancer(workers, { maxRetries: 2 })
    expect((await ask(port)).status).toBe(503)
    expect(workers.map(({ requests }) => requests.length).sort()).toEqual([0, 0, 1, 1, 1])
  })

  test.each([
    ['dies of it', ({ connection }: Caught) => connection.close()],
    ['gives it up', ({ stream }: Caught) => stream.reset('FAILED')],
  ])('%s gets to one more worker, and the log tells which request that was', async (_, end) => {
    const warnings: Record<string, unknown>[] = []
    const warn: LogMethod = (facts, message) => warnings.push({ ...facts, message })
    const workers = await Promise.all([1, 2, 3, 4].map(() => startWorker(end)))
    const { port } = await startBalancer(workers, {
      ...{ maxRetries: 10, minRetries: 100, log: { ...silentLogger, warn } },
    })
    expect((await ask(port, { path: '/of/death?a=b' })).status).toBe(502)
    const asked = workers.flatMap(({ requests }) => requests)
    expect(asked).toHaveLength(2)
    const request = { request: asked[0]?.head.id, method: 'GET', url: '/of/death?a=b' }
    const told = warnings.filter(({ message }) => String(message).startsWith('request'))
    expect(told).toEqual([
      expect.objectContaining({ ...request, message: 'request retried', attempts: 1 }),
      expect.objectContaining({ ...request, message: 'request failed', attempts: 2 }),
    ])
  })

  test('closes the client’s connection has its way: nothing is repeated, no worker is blamed', async () => {
    const closing: Behaviour = ({ stream }) => stream.reset('ABORTED')
    const workers = [await startWorker(closing), await startWorker(closing)]
    const { port, ended } = await startBalancer(workers, { maxFailures: 1 })
    for (let count = 1; count <= 6; count++) {
      await expect(ask(port)).rejects.toThrow('socket hang up')
      expect(workers.flatMap(({ requests }) => requests).length).toBe(count)
    }
    expect(ended.map(({ status }) => status)).toEqual([444, 444, 444, 444, 444, 444])
    for (const worker of workers) worker.behaviour = answer('again')
    expect((await ask(port)).text).toBe('again')
  })

  test('says Connection: close ends the client’s connection with its response', async () => {
    const head = { ...plain, headers: 'Connection\nclose\nX-A\n1' }
    const worker = await startWorker(({ stream }) => stream.respond(head, undefined, reported))
    const { port } = await startBalancer([worker])
    const agent = new Agent({ keepAlive: true })
    const { headers } = await ask(port, { agent })
    expect([headers.connection, headers['x-a']]).toEqual(['close', '1'])
    agent.destroy()
  })

  test('has begun to answer is never tried again', async () => {
    const half: Behaviour = ({ stream }) => stream.respond(plain)
    const workers = [await startWorker(half), await startWorker(half)]
    const { port } = await startBalancer(workers)
    const fail = () => {
      for (const { requests } of workers) for (const { stream } of requests) stream.reset('FAILED')
    }
    await expect(askAndOnceBegun(port, fail)).rejects.toThrow('aborted')
    expect(workers.flatMap(({ requests }) => requests).length).toBe(1)
  })

  test('breaks down again and again is retried within a budget', async () => {
    const failing: Behaviour = ({ stream }) => stream.reset('FAILED')
    const workers = [await startWorker(failing), await startWorker(failing)]
    const options = { maxRetries: 1, retryRatio: 0, minRetries: 3, maxFailures: 0 }
    const { port } = await startBalancer(workers, options)
    for (let count = 0; count < 10; count++) expect((await ask(port)).status).toBe(502)
    expect(workers.flatMap(({ requests }) => requests).length).toBe(13)
  })
})
