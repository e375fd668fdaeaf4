import { constants } from 'node:http2'
import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { startWorker, until } from '../../support/balancer.ts'
import { askH2, openH2, readH2, startSecureBalancer } from '../../support/secure-balancer.ts'
import {
  answer,
  type Behaviour,
  type Caught,
  plain,
  reported,
  silent,
} from '../../support/tiny-worker.ts'

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants

async function serve(behaviour: Behaviour, options = {}) {
  const worker = await startWorker(behaviour)
  worker.says = { upgrades: true }
  const balanced = await startSecureBalancer([worker], options)
  return { worker, ...balanced, session: await openH2(balanced.port) }
}

/**
 * Resolves when a count stands still while other requests are served: whatever could go on, would.
 */
async function untilItStands(count: () => number, other: () => Promise<unknown>): Promise<void> {
  let before = Number.NaN
  while (before !== count()) {
    before = count()
    for (let others = 0; others < 20; others++) await other()
  }
}

const fieldsOf = ({ head }: Caught) => {
  const pairs = splitHeaders(head.headers)
  return Object.fromEntries(
    pairs.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), pairs[at + 1]]])),
  )
}

describe('a request of HTTP/2', () => {
  test('reaches the worker as one of HTTP, with what its client is', async () => {
    const { worker, session, ended } = await serve(answer('hello'))
    const headers = { ':path': '/a?b', cookie: ['a=1', 'b=2'], te: 'trailers', 'x-one': '1' }
    const { status, text } = await askH2(session, headers)
    expect({ status, text }).toEqual({ status: 200, text: 'hello' })
    const caught = await worker.caught(1)
    expect(caught.head).toMatchObject({
      ...{ method: 'GET', url: '/a?b', requestClass: 'localhost' },
      ...{ encrypted: true, httpVersion: '2.0', remoteAddress: '127.0.0.1' },
    })
    expect(fieldsOf(caught)).toMatchObject({
      ...{ cookie: 'a=1; b=2', 'x-one': '1', via: '2.0 resumelb' },
      ...{ 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' },
    })
    expect(fieldsOf(caught)).not.toHaveProperty('te')
    await until(() => ended.length === 1)
    expect(ended[0]?.request).toMatchObject({ httpVersion: '2.0', method: 'GET', url: '/a?b' })
    expect(ended[0]?.request.headers).toMatchObject({ cookie: 'a=1; b=2', 'x-one': '1' })
    expect(ended[0]?.request.field?.('x-one')).toBe('1')
    expect(ended[0]).toMatchObject({ outcome: 'served', status: 200, bytesSent: 5 })
  })

  test('brings a body, of known length or not, and trailers', async () => {
    const { worker, session } = await serve(async ({ body, stream }) => {
      stream.respond(plain, Buffer.from(String((await body).length)), reported)
    })
    const large = Buffer.alloc(3_000_000, 'y')
    const post = { ':method': 'POST' }
    expect((await askH2(session, { ...post, 'content-length': large.length }, large)).text).toBe(
      '3000000',
    )
    expect((await askH2(session, post, large)).text).toBe('3000000')
    expect((await askH2(session, { ...post, 'content-length': 0 }, '')).text).toBe('0')
    expect(fieldsOf(await worker.caught(1))).not.toHaveProperty('transfer-encoding')
    expect(fieldsOf(await worker.caught(2))).toHaveProperty('transfer-encoding', 'chunked')
  })

  test('brings trailers, and gets some', async () => {
    const seen: string[] = []
    const worker = await startWorker(async ({ stream, body }) => {
      await body
      stream.respond(plain)
      stream.write(Buffer.from('ok'))
      stream.end({ ...reported, trailers: 'X-Sum\n7\nContent-Type\nno' })
    })
    worker.onTrailers = (trailers) => seen.push(trailers)
    const { port } = await startSecureBalancer([worker])
    const stream = (await openH2(port)).request(
      { ':method': 'POST', ':path': '/' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-one': '1' }))
    const answered = readH2(stream)
    stream.end('body')
    expect(await answered).toMatchObject({ text: 'ok', trailers: { 'x-sum': '7' }, isWhole: true })
    expect((await answered).trailers).not.toHaveProperty('content-type')
    expect(seen).toEqual(['x-one\n1'])
  })

  test('gets trailers behind a response that is whole at once', async () => {
    const { session } = await serve(({ stream }) => {
      stream.respond(plain, Buffer.from('ok'), { ...reported, trailers: 'X-Sum\n7' })
    })
    expect(await askH2(session)).toMatchObject({ text: 'ok', trailers: { 'x-sum': '7' } })
  })

  test.each([200, 204, 304, 205, 404])('of HEAD gets the head of a %i', async (status) => {
    const { session } = await serve(({ stream }) => {
      stream.respond({ status, reason: '', headers: 'X-One\n1' }, undefined, reported)
    })
    const got = await askH2(session, { ':method': 'HEAD' })
    expect(got).toMatchObject({ status, text: '', code: 0, headers: { 'x-one': '1' } })
    expect(await askH2(session)).toMatchObject({ status, text: '', code: 0, isWhole: true })
  })

  test('gets interim responses before the head', async () => {
    const { session } = await serve(({ stream }) => {
      stream.respond({ status: 103, reason: '', headers: 'Link\n</a>; rel=preload' })
      stream.respond(plain, Buffer.from('ok'), reported)
    })
    const { interim, text } = await askH2(session)
    expect(interim).toEqual([
      expect.objectContaining({ ':status': 103, link: '</a>; rel=preload' }),
    ])
    expect(text).toBe('ok')
  })

  test('waits with its body until the worker asks for it', async () => {
    const { session, worker } = await serve(async ({ stream, body }) => {
      stream.respond({ ...plain, status: 100 })
      stream.respond(plain, await body, reported)
    })
    const headers = { ':method': 'POST', ':path': '/', expect: '100-continue' }
    const stream = session.request(headers, { endStream: false })
    const answered = readH2(stream)
    await new Promise((resolve) => stream.once('continue', resolve))
    expect((await worker.caught(1)).chunks).toEqual([])
    stream.end('now')
    expect((await answered).text).toBe('now')
  })

  test('that its client cancels is taken back from the worker', async () => {
    const { session, worker, ended } = await serve(silent)
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => undefined)
    const { reset } = await worker.caught(1)
    stream.close(NGHTTP2_CANCEL)
    expect(await reset).toBe('CANCELLED')
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 499, outcome: 'abandoned' })
    // The connection goes on.
    worker.behaviour = answer('next')
    expect((await askH2(session)).text).toBe('next')
  })

  test('that is answered before its body has come may go on, and is told to stop if it may not', async () => {
    const { session, worker } = await serve(({ stream }) => {
      stream.respond({ ...plain, status: 413 }, Buffer.from('no'), reported)
    })
    worker.consumes = true
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    const answered = readH2(stream)
    stream.write('some')
    const caught = await worker.caught(1)
    await new Promise((resolve) => stream.once('response', resolve))
    stream.write('more')
    await until(() => String(Buffer.concat(caught.chunks)) === 'somemore')
    // The worker wants no more.
    caught.stream.reset('CANCELLED')
    const { code, status, text } = await answered
    expect({ code, status, text }).toEqual({ code: NGHTTP2_NO_ERROR, status: 413, text: 'no' })
  })

  test('that is refused is told to stop sending', async () => {
    const { session, worker } = await serve(silent)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/',
      ':authority': 'a',
      host: 'b',
    })
    const answered = readH2(stream)
    stream.write('some')
    expect(await answered).toMatchObject({ status: 400, code: NGHTTP2_NO_ERROR })
    expect(worker.requests).toEqual([])
  })

  test('waits at the client while the worker takes nothing, and holds up no other', async () => {
    const { session, worker } = await serve(silent)
    worker.consumes = false
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    stream.on('error', () => undefined)
    let written = 0
    const chunk = Buffer.alloc(65_536)
    const go = () => {
      while (written < 1_500 && stream.write(chunk)) written++
    }
    stream.on('drain', go)
    go()
    await worker.caught(1)
    worker.behaviour = answer('other')
    await untilItStands(
      () => written,
      () => askH2(session),
    )
    // The windows of client and worker, what is kept for another worker, and the client's buffers.
    expect(written).toBeLessThan(32)
    stream.close(NGHTTP2_CANCEL)
  })

  test('holds its response at the worker while the client reads nothing, and holds up no other', async () => {
    const { session, worker } = await serve(({ head, stream }) => {
      if (head.url === '/other') return stream.respond(plain, Buffer.from('other'), reported)
      stream.respond(plain)
      for (let sent = 0; sent < 100; sent++) stream.write(Buffer.alloc(65_536))
      stream.end(reported)
    })
    const stream = session.request({ ':path': '/' })
    const { stream: atWorker } = await worker.caught(1)
    await new Promise((resolve) => stream.once('response', resolve))
    const other = () => askH2(session, { ':path': '/other' })
    await untilItStands(() => atWorker.queuedBytes, other)
    expect(atWorker.queuedBytes).toBeGreaterThan(5_000_000)
    const { text, isWhole } = await readH2(stream)
    expect([text.length, isWhole]).toEqual([6_553_600, true])
  })

  test.each(['', 'Content-Length\n100'])(
    'gets no end of a response that its worker breaks off (%j)',
    async (headers) => {
      const { session, worker, ended } = await serve(({ stream }) => {
        stream.respond({ ...plain, headers })
        stream.write(Buffer.from('a part'))
      })
      const stream = session.request({ ':path': '/' })
      const answered = readH2(stream)
      await new Promise((resolve) => stream.once('data', resolve))
      worker.breakConnections()
      const { code, isWhole, text } = await answered
      expect({ code, isWhole, text }).toEqual({
        ...{ code: NGHTTP2_INTERNAL_ERROR, isWhole: false, text: 'a part' },
      })
      await until(() => ended.length === 1)
      expect(ended[0]).toMatchObject({ isTruncated: true, reason: 'WORKER_LOST' })
    },
  )

  test('is reset if the application closes the connection', async () => {
    const { session, ended } = await serve(({ stream }) => stream.reset('ABORTED'))
    expect(await askH2(session)).toMatchObject({ status: 0, code: NGHTTP2_INTERNAL_ERROR })
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ reason: 'CLOSED_BY_APPLICATION' })
  })

  test('is reset if its client reads nothing of the response for too long', async () => {
    const { session, ended } = await serve(
      ({ stream }) => {
        stream.respond(plain)
        for (let sent = 0; sent < 100; sent++) stream.write(Buffer.alloc(65_536))
        stream.end(reported)
      },
      { clientTimeout: 50 },
    )
    const stream = session.request({ ':path': '/' })
    const answered = readH2(stream)
    stream.pause()
    expect((await answered).code).toBe(NGHTTP2_INTERNAL_ERROR)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ reason: 'CLIENT_TIMEOUT' })
  })

  test('is answered 408 if its body does not come', async () => {
    const { session } = await serve(silent, { clientTimeout: 50 })
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    expect(await readH2(stream)).toMatchObject({ status: 408, code: NGHTTP2_NO_ERROR })
  })

  test('gets the fields of the response as HTTP/2 has them', async () => {
    const { session } = await serve(
      answer('x', 'X-One\n1\nSet-Cookie\na=1\nSet-Cookie\nb=2\nConnection\nclose\nKeep-Alive\n5'),
    )
    const { headers } = await askH2(session)
    expect(headers).toMatchObject({
      'x-one': '1',
      'set-cookie': ['a=1', 'b=2'],
      'content-length': '1',
    })
    expect(headers).toHaveProperty('date')
    expect(headers).not.toHaveProperty('connection')
    expect(headers).not.toHaveProperty('keep-alive')
    expect((await askH2(session)).status).toBe(200)
  })

  test('gets a response whose status no client knows as an error of the server', async () => {
    const { session } = await serve(({ stream }) => {
      stream.respond({ ...plain, status: 666 }, Buffer.from('odd'), reported)
    })
    expect(await askH2(session)).toMatchObject({ status: 500, text: 'odd', isWhole: true })
  })

  test('gets long heads and trailers', async () => {
    // Clients with nghttp2 read no longer ones.
    const fields = (name: string) =>
      Array.from({ length: 100 }, (_, at) => `${name}\n${at}${'v'.repeat(1_200)}`).join('\n')
    const { port } = await serve(({ stream }) => {
      stream.respond({ ...plain, headers: fields('X-One') })
      stream.end({ ...reported, trailers: fields('X-Two') })
    })
    const session = await openH2(port, { settings: { maxHeaderListSize: 1_000_000 } })
    const { status, headers, trailers, isWhole } = await askH2(session)
    expect({ status, isWhole }).toEqual({ status: 200, isWhole: true })
    expect(headers['x-one']?.length).toBeGreaterThan(120_000)
    expect(trailers['x-two']?.length).toBeGreaterThan(120_000)
  })

  test('gets any field of a response twice', async () => {
    const names = [
      ...['age', 'authorization', 'content-encoding', 'content-language', 'content-location'],
      ...['content-md5', 'content-range', 'content-type', 'dnt', 'etag', 'expires', 'from', 'host'],
      ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since'],
      ...['last-modified', 'location', 'max-forwards', 'range', 'referer', 'retry-after', 'tk'],
      ...['access-control-allow-credentials', 'access-control-max-age', 'user-agent', 'te'],
      ...['access-control-request-method', 'upgrade-insecure-requests', 'http2-settings'],
      ...['x-content-type-options', 'proxy-connection', 'upgrade', 'trailer', 'constructor'],
    ]
    const block = names.map((name) => `${name}\na\n${name}\nb`).join('\n')
    const { session } = await serve(({ stream }) => {
      stream.respond({ ...plain, headers: block })
      stream.end({ ...reported, trailers: block })
    })
    expect(await askH2(session)).toMatchObject({ status: 200, isWhole: true })
  })

  test('for a WebSocket gets the connection of an upgrade, both ways', async () => {
    const { worker, session, ended } = await serve(({ stream }) => {
      stream.respond({
        status: 101,
        reason: '',
        headers: 'Connection\nUpgrade\nUpgrade\nwebsocket',
      })
      stream.write(Buffer.from('hello'))
    })
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws', ':scheme': 'https' },
      { endStream: false },
    )
    const answered = readH2(stream)
    stream.write('from client')
    const caught = await worker.caught(1)
    expect(caught.head).toMatchObject({ method: 'GET', url: '/ws', httpVersion: '2.0' })
    expect(fieldsOf(caught)).toMatchObject({ upgrade: 'websocket', connection: 'Upgrade' })
    await until(() => String(Buffer.concat(caught.chunks)) === 'from client')
    stream.end(' bye')
    expect(String(await caught.body)).toBe('from client bye')
    caught.stream.end(reported)
    expect(await answered).toMatchObject({ status: 200, text: 'hello', isWhole: true, code: 0 })
    expect((await answered).headers).not.toHaveProperty('upgrade')
    await until(() => ended.length === 1)
    worker.behaviour = answer('next')
    expect((await askH2(session)).text).toBe('next')
  })

  test('for a WebSocket that the worker does not accept is answered as any other', async () => {
    const { session } = await serve(answer('no', 'X-One\n1'))
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws', ':scheme': 'https' },
      { endStream: false },
    )
    expect((await readH2(stream)).status).toBeGreaterThanOrEqual(200)
    expect((await askH2(session)).status).toBe(200)
  })

  test('for a WebSocket that its client cancels is taken back from the worker', async () => {
    const { worker, session } = await serve(({ stream }) => {
      stream.respond({
        status: 101,
        reason: '',
        headers: 'Connection\nUpgrade\nUpgrade\nwebsocket',
      })
    })
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws', ':scheme': 'https' },
      { endStream: false },
    )
    stream.on('error', () => undefined)
    await new Promise((resolve) => stream.once('response', resolve))
    stream.close(NGHTTP2_CANCEL)
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
  })

  test('is answered 503 if there is no worker', async () => {
    const { port } = await startSecureBalancer([], { waitTimeout: 0 })
    const { status, headers, text } = await askH2(await openH2(port))
    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(text).toMatch(/\n$/)
  })
})
