/** What an exchange makes of the response that a worker sends. */
import { Agent } from 'node:http'
import { silentLogger } from '@resumelb/common'
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
import { answer, plain, reported, silent } from '../support/tiny-worker.ts'

describe('a response', () => {
  test('comes with status, reason, fields and a length', async () => {
    const worker = await startWorker(({ stream }) =>
      stream.respond(
        { status: 404, reason: 'Gone Fishing', headers: 'Set-Cookie\na=1\nSet-Cookie\nb=2' },
        Buffer.from('nothing'),
        reported,
      ),
    )
    const { port } = await startBalancer([worker])
    const sent = open(port)
    const message = new Promise((resolve) => sent.on('response', (r) => resolve(r.statusMessage)))
    sent.end()
    const got = await readAnswer(sent)
    expect(got).toMatchObject({ status: 404, text: 'nothing' })
    expect(await message).toBe('Gone Fishing')
    expect(got.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(got.headers['content-length']).toBe('7')
    expect(got.headers.via).toBe('1.1 resumelb')
  })

  test('has no body for HEAD, 204 and 304, whatever the worker sends', async () => {
    const worker = await startWorker(({ stream, head }) => {
      const status = Number(head.url.slice(1))
      const headers = head.method === 'HEAD' ? 'Content-Length\n1000' : ''
      stream.respond({ status, reason: '', headers }, Buffer.from('body'), reported)
    })
    const { port } = await startBalancer([worker])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const head = await ask(port, { agent, method: 'HEAD', path: '/200' })
    expect([head.text, head.headers['content-length']]).toEqual(['', '1000'])
    expect(await ask(port, { agent, path: '/204' })).toMatchObject({ status: 204, text: '' })
    expect(await ask(port, { agent, path: '/304' })).toMatchObject({ status: 304, text: '' })
    expect(await ask(port, { agent, path: '/200' })).toMatchObject({ status: 200, text: 'body' })
  })

  test('begins before its body does', async () => {
    const worker = await startWorker(({ stream }) => stream.respond(plain))
    const { port, balancer } = await startBalancer([worker])
    const sent = open(port)
    sent.end()
    const response = await new Promise<NodeJS.ReadableStream>((r) => sent.on('response', r))
    expect(balancer.backlog).toBe(1)
    const { stream } = await worker.caught(1)
    stream.write(Buffer.from('later'))
    stream.end(reported)
    let text = ''
    for await (const chunk of response) text += chunk
    expect(text).toBe('later')
    expect(balancer.backlog).toBe(0)
  })

  test('of 204 has no length', async () => {
    const worker = await startWorker(({ stream }) =>
      stream.respond({ ...plain, status: 204, headers: 'Content-Length\n0' }, undefined, reported),
    )
    const { port } = await startBalancer([worker])
    expect((await ask(port)).headers['content-length']).toBeUndefined()
  })

  test('is refused if its length is another than it says, with trailers as well', async () => {
    const headers = 'Content-Length\n3'
    const worker = await startWorker(({ stream }) =>
      stream.respond({ ...plain, headers }, Buffer.from('hello'), {
        ...reported,
        trailers: 'X-A\n1',
      }),
    )
    const { port } = await startBalancer([worker])
    expect((await ask(port)).status).toBe(502)
  })

  test('brings trailers', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      stream.write(Buffer.from('body'))
      stream.end({ ...reported, trailers: 'X-Sum\n42' })
    })
    const { port } = await startBalancer([worker])
    expect((await ask(port)).trailers).toEqual({ 'x-sum': '42' })
    worker.behaviour = ({ stream }) =>
      stream.respond(plain, Buffer.from('body'), { ...reported, trailers: 'X-Sum\n43' })
    expect(await ask(port)).toMatchObject({ text: 'body', trailers: { 'x-sum': '43' } })
  })

  test('follows early hints', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond({ status: 103, reason: '', headers: 'Link\n</a.css>; rel=preload' })
      stream.respond(plain, Buffer.from('page'), reported)
    })
    const { port } = await startBalancer([worker])
    const sent = open(port)
    const hints: unknown[] = []
    sent.on('information', ({ statusCode, headers }) => hints.push([statusCode, headers['link']]))
    sent.end()
    expect((await readAnswer(sent)).text).toBe('page')
    expect(hints).toEqual([[103, '</a.css>; rel=preload']])
  })

  test('follows any interim response but those that are for one hop', async () => {
    const worker = await startWorker(({ stream }) => {
      for (const status of [100, 102, 103, 110]) {
        stream.respond({ status, reason: '', headers: 'X-Hint\n1\nContent-Length\n5' })
      }
      stream.respond(plain, Buffer.from('page'), reported)
    })
    const { port } = await startBalancer([worker])
    const sent = open(port)
    const hints: unknown[] = []
    sent.on('information', ({ statusCode, headers }) => hints.push([statusCode, headers]))
    sent.end()
    expect((await readAnswer(sent)).text).toBe('page')
    expect(hints).toEqual([102, 103, 110].map((status) => [status, { 'x-hint': '1' }]))
  })

  test('brings no trailers that would frame or route it', async () => {
    const trailers = 'Content-Length\n3\nTransfer-Encoding\nx\nHost\nevil\nX-Sum\n1'
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain, Buffer.from('body'), { ...reported, trailers })
    })
    const { port } = await startBalancer([worker])
    expect(await ask(port)).toMatchObject({ text: 'body', trailers: { 'x-sum': '1' } })
  })

  test('adds no Via if it is disabled', async () => {
    const worker = await startWorker()
    const { port } = await startBalancer([worker], { via: false })
    const { headers } = await ask(port)
    expect(headers.via).toBeUndefined()
    expect((await worker.caught(1)).head.headers).not.toContain('Via')
  })

  test('keeps the bytes of its fields, whether its body is there or not', async () => {
    const headers = 'X-Name\ncaf\xe9'
    const worker = await startWorker(({ head, stream }) => {
      if (head.url === '/whole') return stream.respond({ ...plain, headers }, undefined, reported)
      stream.respond({ ...plain, headers })
      stream.end(reported)
    })
    const { port } = await startBalancer([worker])
    for (const path of ['/whole', '/later']) {
      const { socket, received, closed } = openRaw(port)
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      await closed
      expect(received()).toContain('\r\nX-Name: caf\xe9\r\n')
    }
  })

  test('stays at the worker while the client takes nothing', async () => {
    const chunk = Buffer.alloc(100_000)
    let sentBytes = 0
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      const pump = () => {
        while (sentBytes < 100_000_000 && stream.write(chunk)) sentBytes += chunk.length
      }
      stream.handle({ onData: () => {}, onEnd: () => {}, onReset: () => {}, onDrain: pump })
      pump()
    })
    const { port } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await worker.caught(1)
    worker.behaviour = answer('another')
    await untilItStands(() => sentBytes, port)
    // The kernel's buffers for two connections hold a few megabytes.
    expect(sentBytes).toBeLessThan(20_000_000)
  })

  test("that is aborted half-way closes the client's connection, and is logged", async () => {
    const warnings: unknown[] = []
    const warn = (facts: object, message: string) => warnings.push({ ...facts, message })
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      stream.write(Buffer.from('half'))
    })
    const { port, ended } = await startBalancer([worker], { log: { ...silentLogger, warn } })
    const fail = () => worker.requests[0]?.stream.reset('FAILED')
    await expect(askAndOnceBegun(port, fail)).rejects.toThrow('aborted')
    expect(warnings).toEqual([
      {
        message: 'response aborted',
        failure: 'WORKER_LOST',
        reason: 'the worker aborted the response',
        request: expect.stringMatching(/-1$/),
        method: 'GET',
        url: '/',
        requestClass: '127.0.0.1',
        worker: worker.address,
        attempts: 1,
      },
    ])
    worker.behaviour = ({ stream }) => {
      stream.respond({ ...plain, headers: 'Content-Length\n1000' })
      stream.write(Buffer.from('half'))
    }
    const vanish = () => worker.breakConnections()
    await expect(askAndOnceBegun(port, vanish)).rejects.toThrow('aborted')
    await until(() => ended.length === 2)
    expect(ended.map(({ isTruncated }) => isTruncated)).toEqual([true, true])
  })

  test('that breaks off does not look whole to a client of HTTP/1.0 either', async () => {
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      stream.write(Buffer.from('half'))
    })
    const { port } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    const error = new Promise<NodeJS.ErrnoException>((resolve) => socket.on('error', resolve))
    socket.write('GET / HTTP/1.0\r\n\r\n')
    await until(() => received().includes('half'))
    worker.requests[0]?.stream.reset('FAILED')
    expect((await error).code).toBe('ECONNRESET')
    expect(received()).toContain('half')
  })

  test.each([
    { rule: 'longer than announced', headers: 'Content-Length\n3', body: 'four' },
    { rule: 'shorter than announced', headers: 'Content-Length\n5', body: 'four' },
  ])('that is $rule breaks the client', async ({ headers, body }) => {
    const worker = await startWorker(({ stream }) => {
      stream.respond({ ...plain, headers })
      stream.write(Buffer.from(body))
      stream.end(reported)
    })
    const { port } = await startBalancer([worker])
    await expect(ask(port)).rejects.toThrow(/aborted|hang up/)
  })

  test.each([
    { rule: 'two lengths', head: { ...plain, headers: 'Content-Length\n1\nContent-Length\n4' } },
    { rule: 'a length that is wrong', head: { ...plain, headers: 'Content-Length\n9' } },
    { rule: 'a field that HTTP cannot carry', head: { ...plain, headers: 'X-A\n\u0001' } },
    { rule: 'a name that is none', head: { ...plain, headers: 'X A\n1' } },
    { rule: 'a change of protocol', head: { ...plain, status: 101 } },
  ])('with $rule becomes a 502', async ({ head }) => {
    const worker = await startWorker(({ stream }) =>
      stream.respond(head, Buffer.from('four'), reported),
    )
    const { port, balancer } = await startBalancer([worker])
    expect((await ask(port)).status).toBe(502)
    expect(balancer.backlog).toBe(0)
    worker.behaviour = answer('fine')
    expect((await ask(port)).status).toBe(200)
  })

  test('that does not begin in time becomes a 504', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker], { responseTimeout: 50 })
    expect((await ask(port)).status).toBe(504)
    expect(await (await worker.caught(1)).reset).toBe('TIMEOUT')
    expect(balancer.backlog).toBe(0)
  })

  test('may take longer than that once it has begun', async () => {
    const worker = await startWorker(({ stream }) => stream.respond(plain))
    const { port } = await startBalancer([worker], { responseTimeout: 500 })
    const answered = askAndOnceBegun(port, async () => {
      worker.behaviour = silent
      // One that came later is given up before.
      expect((await ask(port)).status).toBe(504)
      worker.requests[0]?.stream.end(reported)
    })
    expect((await answered).status).toBe(200)
  })
})
