/** What the listener makes of frames that no good client sends. */
import { once } from 'node:events'
import { constants } from 'node:http2'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { maxConcurrentStreams } from '../../../src/listener/h2/session-settings.ts'
import { startWorker, until } from '../../support/balancer.ts'
import { endHeaders, endStream, frame, headOf, hpack, RawH2, word } from '../../support/raw-h2.ts'
import { askH2, openH2, startSecureBalancer } from '../../support/secure-balancer.ts'
import { answer, type Behaviour, plain, reported, silent } from '../../support/tiny-worker.ts'

const {
  NGHTTP2_NO_ERROR,
  NGHTTP2_PROTOCOL_ERROR,
  NGHTTP2_CANCEL,
  NGHTTP2_ENHANCE_YOUR_CALM,
  NGHTTP2_FLOW_CONTROL_ERROR,
  NGHTTP2_REFUSED_STREAM,
  NGHTTP2_FRAME_SIZE_ERROR,
  NGHTTP2_COMPRESSION_ERROR,
  NGHTTP2_INTERNAL_ERROR,
} = constants

/** Node.js resets a stream with the one, and nghttp2 the same with the other: either is first. */
const tooMuch = [NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR]

async function serve(behaviour: Behaviour = answer('hello'), options = {}) {
  const worker = await startWorker(behaviour)
  const balanced = await startSecureBalancer([worker], options)
  return { worker, ...balanced, client: await RawH2.open(balanced.port) }
}

const codeOf = async (client: RawH2, stream: number) =>
  (await client.next('RST_STREAM', stream)).payload.readUInt32BE(0)

/** The code of the error, of the stream or, with Node.js 24, of the whole connection. */
const refusalOf = async (client: RawH2, stream: number) => {
  const { type, payload } = await Promise.race([
    client.next('RST_STREAM', stream),
    client.next('GOAWAY', 0),
  ])
  return payload.readUInt32BE(type === 'GOAWAY' ? 4 : 0)
}

/** That the connection, and the load balancer, go on. */
async function expectServing(client: RawH2, port: number, stream: number): Promise<void> {
  if (!client.isClosed) {
    client.request(stream)
    expect((await client.next('HEADERS', stream)).flags & endHeaders).toBe(endHeaders)
  }
  expect((await askH2(await openH2(port))).status).toBe(200)
}

describe('raw frames', () => {
  test('a request is answered', async () => {
    const { client } = await serve()
    client.request(1)
    await client.next('HEADERS', 1)
    const data = () => client.ofType('DATA', 1)
    await until(() => data().some(({ flags }) => flags & endStream))
    expect(String(Buffer.concat(data().map(({ payload }) => payload)))).toBe('hello')
  })

  test.each([NGHTTP2_CANCEL, NGHTTP2_NO_ERROR])(
    'a body that ends with RST_STREAM %i is not taken for a shorter one',
    async (code) => {
      const { client, worker, ended } = await serve(silent)
      client.request(1, [[':method', 'POST']], endHeaders)
      client.send('DATA', 0, 1, Buffer.from('a part'))
      const caught = await worker.caught(1)
      await until(() => caught.chunks.length > 0)
      client.send('RST_STREAM', 0, 1, word(code))
      expect(await Promise.race([caught.reset, caught.body])).toBe('CANCELLED')
      await until(() => ended.length === 1)
      expect(ended[0]?.reason).toBe('CLIENT_DISCONNECTED')
    },
  )

  test.each([NGHTTP2_CANCEL, NGHTTP2_NO_ERROR])(
    'nor is one that goes on behind its response and ends with RST_STREAM %i',
    async (code) => {
      const { client, worker } = await serve(({ stream }) =>
        stream.respond(plain, Buffer.from('early'), reported),
      )
      client.request(1, [[':method', 'POST']], endHeaders)
      client.send('DATA', 0, 1, Buffer.from('a part'))
      const caught = await worker.caught(1)
      await client.next('HEADERS', 1)
      client.send('DATA', 0, 1, Buffer.from(' and more'))
      await until(() => String(Buffer.concat(caught.chunks)) === 'a part and more')
      client.send('RST_STREAM', 0, 1, word(code))
      expect(await Promise.race([caught.reset, caught.body])).toBe('CANCELLED')
    },
  )

  test('a body that is not needed is stopped by RST_STREAM with NO_ERROR', async () => {
    const { client, port, worker } = await serve(silent)
    client.request(
      1,
      [
        [':method', 'POST'],
        ['host', 'other'],
      ],
      endHeaders,
    )
    client.send('DATA', 0, 1, Buffer.from('some'))
    expect(await codeOf(client, 1)).toBe(NGHTTP2_NO_ERROR)
    expect(client.ofType('DATA', 1).at(-1)?.flags).toBe(endStream)
    worker.behaviour = answer('next')
    await expectServing(client, port, 3)
  })

  test.each<[string, readonly (readonly [string, string])[]]>([
    ['a name in upper case', [['X-One', '1']]],
    ['a field for one hop', [['connection', 'x-one']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['an upgrade', [['upgrade', 'websocket']]],
    ['TE of something else', [['te', 'gzip']]],
    [
      'a pseudo-header twice',
      [
        [':path', '/'],
        [':path', '/x'],
      ],
    ],
    ['an unknown pseudo-header', [[':x', '1']]],
    ['no method', [[':method', '']]],
    ['an empty path', [[':path', '']]],
    ['a length without a body', [['content-length', '5']]],
    ['a protocol without CONNECT', [[':protocol', 'websocket']]],
  ])('%s is refused, and does not end the connection', async (_what, fields) => {
    const { client, port, worker } = await serve()
    client.request(1, fields)
    await until(() => client.frames.some(({ stream }) => stream === 1))
    const reset = client.ofType('RST_STREAM', 1)[0]
    const status = client.ofType('HEADERS', 1).length
    expect(reset?.payload.readUInt32BE(0) ?? (status > 0 ? 'answered' : '')).toSatisfy(
      (seen) => seen === NGHTTP2_PROTOCOL_ERROR || seen === 'answered',
    )
    expect(worker.requests).toEqual([])
    await expectServing(client, port, 3)
  })

  test.each(['a\nHost: b', 'a\r\nx: b', 'a\0b'])(
    'a value such as %j reaches no worker',
    async (value) => {
      const { client, worker } = await serve()
      client.request(1, [['x-one', value]])
      await until(() => client.frames.some(({ stream }) => stream === 1))
      for (const { head } of worker.requests) expect(head.headers).not.toContain('x-one')
      const blocks = worker.requests.map(({ head }) => head.headers.split('\n').length % 2)
      expect(blocks.every((odd) => odd === 0)).toBe(true)
    },
  )

  test('more bytes than the length says are refused', async () => {
    const { client } = await serve(silent)
    client.request(
      1,
      [
        [':method', 'POST'],
        ['content-length', '3'],
      ],
      endHeaders,
    )
    client.send('DATA', endStream, 1, Buffer.from('four'))
    const codes = [NGHTTP2_PROTOCOL_ERROR, NGHTTP2_INTERNAL_ERROR]
    expect(codes).toContain(await refusalOf(client, 1))
  })

  test('a head above the limit is answered 431, and one far above is reset', async () => {
    const { client, port } = await serve(answer('hello'), { server: { maxHeaderSize: 4_000 } })
    client.request(1, [['x-one', 'x'.repeat(5_000)]])
    await client.next('HEADERS', 1)
    client.request(3, [['x-one', 'x'.repeat(12_000)]])
    expect(tooMuch).toContain(await codeOf(client, 3))
    await expectServing(client, port, 5)
  })

  test('a head of too many fields is reset', async () => {
    const { client } = await serve()
    const fields = Array.from({ length: 1_001 }, () => ['a', ''] as const)
    client.request(1, fields)
    expect(tooMuch).toContain(await codeOf(client, 1))
  })

  test('a head without end closes the connection (CONTINUATION flood)', async () => {
    const { client, port, refused } = await serve()
    client.send('HEADERS', endStream, 1, headOf())
    const piece = frame('CONTINUATION', 0, 1, hpack([['x-one', 'x'.repeat(1_000)]]))
    for (let sent = 0; sent < 200; sent++) client.socket.write(piece)
    await client.closed()
    expect(refused).toMatchObject([{ reason: 'BAD_FRAMES', remoteAddress: '127.0.0.1' }])
    await expectServing(client, port, 1)
  })

  test('requests that are cancelled at once are limited (rapid reset)', async () => {
    const { client, port, worker, refused } = await serve(silent)
    for (let at = 0; at < 2_000 && !client.isClosed; at++) {
      client.request(2 * at + 1)
      client.send('RST_STREAM', 0, 2 * at + 1, word(NGHTTP2_CANCEL))
      if (at % 50 === 0) await new Promise(setImmediate)
    }
    // The code is lost where the kernel resets the connection because of frames that are not read.
    expect([NGHTTP2_ENHANCE_YOUR_CALM, undefined]).toContain(await client.closed())
    // If more come in one read than nghttp2 itself allows, it is first.
    expect(['TOO_MANY_RESETS', 'BAD_FRAMES']).toContain(refused[0]?.reason)
    expect(refused).toHaveLength(1)
    expect(worker.requests.length).toBeLessThanOrEqual(300)
    worker.behaviour = answer('hello')
    await expectServing(client, port, 1)
  })

  test('a browser that leaves a page with many requests keeps its connection', async () => {
    const { client, port, worker } = await serve(silent)
    for (let at = 0; at < maxConcurrentStreams; at++) client.request(2 * at + 1)
    await worker.caught(maxConcurrentStreams)
    for (let at = 0; at < maxConcurrentStreams; at++) {
      client.send('RST_STREAM', 0, 2 * at + 1, word(NGHTTP2_CANCEL))
    }
    worker.behaviour = answer('hello')
    await expectServing(client, port, 1_001)
    expect(client.isClosed).toBe(false)
  })

  test('requests beyond those that are allowed at once are refused, or close the connection', async () => {
    const { client, worker, port, refused } = await serve(silent)
    await client.next('SETTINGS')
    for (let at = 0; at <= maxConcurrentStreams; at++) client.request(2 * at + 1)
    await until(() => client.isClosed || client.ofType('RST_STREAM').length > 0)
    expect(worker.requests.length).toBeLessThanOrEqual(maxConcurrentStreams)
    if (client.isClosed) expect(refused).toMatchObject([{ reason: 'BAD_FRAMES' }])
    else expect(await codeOf(client, 2 * maxConcurrentStreams + 1)).toBe(NGHTTP2_REFUSED_STREAM)
    worker.behaviour = answer('hello')
    await expectServing(await RawH2.open(port), port, 1)
  })

  test('frames without content close the connection (empty DATA flood)', async () => {
    const { client, port, worker, refused } = await serve(silent)
    client.request(1, [[':method', 'POST']], endHeaders)
    const empty = frame('DATA', 0, 1, Buffer.alloc(0))
    client.socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => empty)))
    await client.closed()
    expect(refused).toMatchObject([{ reason: 'BAD_FRAMES' }])
    worker.behaviour = answer('hello')
    await expectServing(client, port, 1)
  })

  test.each<[string, Buffer]>([
    ['PING', frame('PING', 0, 0, Buffer.alloc(8))],
    ['SETTINGS', frame('SETTINGS', 0, 0, Buffer.alloc(0))],
  ])(
    '%s frames that want an answer which is not read close the connection',
    async (_what, bytes) => {
      const { client, port } = await serve()
      await client.next('SETTINGS')
      client.socket.pause()
      const many = Buffer.concat(Array.from({ length: 1_000 }, () => bytes))
      let sent = 0
      const go = () => {
        while (sent < 3_000 && !client.isClosed && client.socket.write(many)) sent++
      }
      client.socket.on('drain', go)
      go()
      await until(() => client.isClosed || client.socket.destroyed || sent >= 3_000)
      expect((await askH2(await openH2(port))).status).toBe(200)
      expect(sent).toBeLessThan(3_000)
    },
  )

  test.each<[string, number, () => Buffer]>([
    ['a window of 0 more', NGHTTP2_PROTOCOL_ERROR, () => frame('WINDOW_UPDATE', 0, 0, word(0))],
    [
      'a window above the limit',
      NGHTTP2_FLOW_CONTROL_ERROR,
      () => frame('WINDOW_UPDATE', 0, 0, word(0x7f_ff_ff_ff)),
    ],
    ['a push', NGHTTP2_PROTOCOL_ERROR, () => frame('PUSH_PROMISE', endHeaders, 1, word(2))],
    ['a head with an even number', NGHTTP2_PROTOCOL_ERROR, () => frame('HEADERS', 5, 2, headOf())],
  ])('%s closes the connection', async (_what, code, bytes) => {
    const { client, port, refused } = await serve()
    await client.next('SETTINGS')
    client.socket.write(bytes())
    await client.closed()
    const codes = client.ofType('GOAWAY').map(({ payload }) => payload.readUInt32BE(4))
    expect([code, NGHTTP2_INTERNAL_ERROR]).toContain(codes[0])
    expect(refused).toMatchObject([{ reason: 'BAD_FRAMES' }])
    await expectServing(client, port, 1)
  })

  test.each<[string, number, () => Buffer]>([
    ['a frame of a bad size', NGHTTP2_FRAME_SIZE_ERROR, () => frame('PING', 0, 0, Buffer.alloc(7))],
    ['data of no stream', NGHTTP2_PROTOCOL_ERROR, () => frame('DATA', 0, 0, Buffer.from('x'))],
    [
      'a bad index of a field',
      NGHTTP2_COMPRESSION_ERROR,
      () => frame('HEADERS', 5, 1, Buffer.from([0xff, 0xff])),
    ],
  ])('%s is answered GOAWAY, and nothing after it', async (_what, code, bytes) => {
    const server = { headersTimeout: 100 }
    const clock = new ManualClock()
    const { client, port, worker } = await serve(answer('hello'), { server, clock })
    await client.next('SETTINGS')
    client.socket.write(bytes())
    client.request(1)
    expect((await client.next('GOAWAY')).payload.readUInt32BE(4)).toBe(code)
    await clock.advance(100)
    await client.closed()
    expect(worker.requests).toEqual([])
    await expectServing(client, port, 1)
  })

  test('requests that are in progress when the frames become bad end in time', async () => {
    const server = { headersTimeout: 100, keepAliveTimeout: 100 }
    const { client, port, worker, balancer } = await serve(silent, { server, clientTimeout: 100 })
    client.request(1, [[':method', 'POST']], endHeaders)
    client.request(3)
    const answered = (await worker.caught(2)).stream
    client.send('PING', 0, 0, Buffer.alloc(7))
    await client.next('GOAWAY')
    answered.respond(plain, Buffer.from('late'), reported)
    client.socket.destroy()
    await until(() => [...balancer.requests].length === 0 && balancer.backlog === 0)
    worker.behaviour = answer('hello')
    await expectServing(client, port, 1)
  })

  test.each([false, true])(
    'a body whose trailers break off is not whole (reset: %s)',
    async (isReset) => {
      const { client, worker } = await serve(silent)
      client.request(1, [[':method', 'POST']], endHeaders)
      client.send('DATA', 0, 1, Buffer.from('a part'))
      const caught = await worker.caught(1)
      const trailers = frame('HEADERS', endStream | endHeaders, 1, hpack([['x-sum', '1']]))
      client.socket.write(trailers.subarray(0, -1))
      if (isReset) client.socket.destroy()
      else client.socket.end()
      expect(await Promise.race([caught.reset, caught.body])).toBe('CANCELLED')
    },
  )

  test('a client that does not begin as HTTP/2 does is closed', async () => {
    const { port, refused } = await serve()
    const client = await RawH2.open(port, null)
    client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.closed()
    expect(refused).toMatchObject([{ reason: 'BAD_FRAMES' }])
  })

  test('a client that asks for nothing is closed in time', async () => {
    const { port } = await serve(answer('hello'), { server: { headersTimeout: 50 } })
    const client = await RawH2.open(port)
    expect(await client.closed()).toBe(NGHTTP2_NO_ERROR)
    const half = await RawH2.open(port)
    half.send('HEADERS', endStream, 1, headOf())
    await half.closed()
    const silentClient = await RawH2.open(port, null)
    await silentClient.closed()
  })

  test('a connection without requests is closed after the keep-alive time', async () => {
    const { client } = await serve(answer('hello'), { server: { keepAliveTimeout: 50 } })
    client.request(1)
    await client.next('HEADERS', 1)
    expect(await client.closed()).toBe(NGHTTP2_NO_ERROR)
    expect(client.ofType('GOAWAY')[0]?.payload.readUInt32BE(0)).toBe(1)
  })

  test('a client that does not close its side behind GOAWAY is closed', async () => {
    const clock = new ManualClock()
    const { client, server, balancer } = await serve(answer('hello'), { clock })
    client.socket.allowHalfOpen = true
    client.request(1)
    await client.next('HEADERS', 1)
    const ended = once(client.socket, 'end')
    const open = () =>
      new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
    balancer.drain()
    await ended
    expect(await open()).toBe(1)
    await clock.advance(31_000)
    while ((await open()) > 0) await clock.advance(100)
  })

  test('a response whose windows the client does not open waits, and is given up in time', async () => {
    const worker = await startWorker(answer('x'.repeat(10)))
    const { port, ended } = await startSecureBalancer([worker], { clientTimeout: 50 })
    // SETTINGS_INITIAL_WINDOW_SIZE 0.
    const client = await RawH2.open(port, Buffer.from([0, 4, 0, 0, 0, 0]))
    client.request(1)
    await client.next('RST_STREAM', 1)
    expect(client.ofType('DATA', 1)).toEqual([])
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ reason: 'CLIENT_TIMEOUT' })
  })

  test('draining lets requests in progress end, and takes no more', async () => {
    const { client, worker, balancer, port } = await serve(silent)
    client.request(1)
    const { stream } = await worker.caught(1)
    const idle = await RawH2.open(port)
    await idle.next('SETTINGS')
    balancer.drain()
    expect((await client.next('GOAWAY')).payload.readUInt32BE(0)).toBe(1)
    expect(await idle.closed()).toBe(NGHTTP2_NO_ERROR)
    client.request(3)
    stream.respond(plain, Buffer.from('last'), reported)
    await client.next('DATA', 1)
    expect(await client.closed()).toBe(NGHTTP2_NO_ERROR)
    expect(worker.requests).toHaveLength(1)
  })
})
