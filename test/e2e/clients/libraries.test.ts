/** Clients of Node.js and its libraries in front of a load balancer and a worker. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2, { type ClientHttp2Session } from 'node:http2'
import https, { type RequestOptions } from 'node:https'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { until } from '@resumelb/common/testing'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { Agent, Client, FormData, fetch } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Edge, startEdge } from '../../support/edge.ts'

let edge: Edge
const content = Buffer.alloc(300_000, 'upload ')
const sha256 = createHash('sha256').update(content).digest('hex')

beforeAll(async () => {
  edge = await startEdge()
})

afterAll(() => edge.close())

describe.each(['http', 'https'] as const)('the client of node:%s', (name) => {
  const open = (path: string, options: RequestOptions = {}) =>
    name === 'http'
      ? http.request(`${edge.plain}${path}`, options)
      : https.request(`${edge.secure}${path}`, { ca: edge.ca, ...options })

  test('sends and gets trailers, and a body that it asks for first', async () => {
    const sent = open('/digest', {
      method: 'POST',
      headers: { expect: '100-continue', trailer: 'x-check' },
    })
    sent.flushHeaders()
    await once(sent, 'continue')
    sent.write(content)
    sent.addTrailers({ 'x-check': 'sum' })
    sent.end()
    const [response] = await once(sent, 'response')
    const seen = JSON.parse(await text(response))
    expect(seen).toEqual({ bytes: content.length, sha256, trailers: { 'x-check': 'sum' } })

    const [other] = await once(open('/trailers').end(), 'response')
    expect(await text(other)).toBe('body')
    expect(other.trailers).toEqual({ 'x-sum': '42' })
  })

  test('gets early hints', async () => {
    const sent = open('/early').end()
    const [[hints], [response]] = await Promise.all([
      once(sent, 'information'),
      once(sent, 'response'),
    ])
    expect([hints.statusCode, hints.headers['link']]).toEqual([
      103,
      '</style.css>; rel=preload; as=style',
    ])
    expect(await text(response)).toBe('late')
  })

  test('uses a connection for many requests, one after the other', async () => {
    const { Agent: AgentClass } = name === 'http' ? http : https
    const agent = new AgentClass({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const sockets = new Set()
    const ask = async () => {
      const sent = open('/', { agent }).end()
      const [response] = await once(sent, 'response')
      sockets.add(sent.socket)
      return text(response)
    }
    const texts = await Promise.all(Array.from({ length: 20 }, ask))
    expect([new Set(texts), sockets.size]).toEqual([new Set(['hello']), 1])
  })
})

describe('the client of node:http2', () => {
  let session: ClientHttp2Session

  beforeAll(async () => {
    session = http2.connect(edge.secure, { ca: edge.ca })
    await once(session, 'connect')
  })

  afterAll(() => session.destroy())

  test('has many requests in progress at once', async () => {
    const ask = async (number: number) => {
      const stream = session.request({ ':path': '/digest', ':method': 'POST', 'x-number': number })
      stream.end(content.subarray(number))
      return JSON.parse(await text(stream)).bytes
    }
    const numbers = Array.from({ length: 50 }, (_, number) => number)
    const expected = numbers.map((number) => content.length - number)
    expect(await Promise.all(numbers.map(ask))).toEqual(expected)
  })

  test('sends and gets trailers', async () => {
    const sent = session.request({ ':path': '/digest', ':method': 'POST' }, {
      waitForTrailers: true,
    } as object)
    sent.on('wantTrailers', () => sent.sendTrailers({ 'x-check': 'sum' }))
    sent.end('abc')
    expect(JSON.parse(await text(sent)).trailers).toEqual({ 'x-check': 'sum' })

    const stream = session.request({ ':path': '/trailers' })
    const [body, [trailers]] = await Promise.all([text(stream), once(stream, 'trailers')])
    expect([body, trailers['x-sum']]).toEqual(['body', '42'])
  })

  test('gets early hints', async () => {
    const stream = session.request({ ':path': '/early' })
    const [[hints], body] = await Promise.all([once(stream, 'headers'), text(stream)])
    expect([hints[':status'], hints['link'], body]).toEqual([
      103,
      '</style.css>; rel=preload; as=style',
      'late',
    ])
  })

  test('ends a response that has no end by cancelling the stream', async () => {
    const left = async () => Number(await text(session.request({ ':path': '/left' })))
    const before = await left()
    const stream = session.request({ ':path': '/events' })
    await once(stream, 'data')
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await until(async () => (await left()) === before + 1)
  })
})

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('undici with %s', (_version, allowH2) => {
  let agent: Agent

  beforeAll(() => {
    agent = new Agent({ allowH2, connect: { ca: edge.ca } })
  })

  afterAll(() => agent.destroy())

  test('fetches, and streams a body', async () => {
    const body = Readable.toWeb(Readable.from([content.subarray(0, 7), content.subarray(7)]))
    const options = { method: 'PUT', body, duplex: 'half', dispatcher: agent } as object
    const response = await fetch(`${edge.secure}/digest`, options)
    expect(await response.json()).toMatchObject({ bytes: content.length, sha256 })
  })

  test('posts a form with a file', async () => {
    const form = new FormData()
    form.set('file', new Blob([content]), 'file.txt')
    const options = { method: 'POST', body: form, dispatcher: agent }
    const response = await fetch(`${edge.secure}/file`, options)
    expect(await response.text()).toContain(`file.txt ${content.length} ${sha256}`)
  })

  test('gives up a response that has no end', async () => {
    const left = async () =>
      Number(await (await fetch(`${edge.secure}/left`, { dispatcher: agent })).text())
    const before = await left()
    const abort = new AbortController()
    const options = { dispatcher: agent, signal: abort.signal }
    const response = await fetch(`${edge.secure}/events`, options)
    await response.body?.getReader().read()
    abort.abort()
    await until(async () => (await left()) === before + 1)
  })
})

test('undici pipelines requests without TLS', async () => {
  const client = new Client(edge.plain, { pipelining: 10 })
  onTestFinished(() => client.destroy())
  const ask = async (number: number) => {
    const { body } = await client.request({ path: `/facts?${number}`, method: 'GET' })
    return ((await body.json()) as { url: string }).url
  }
  const numbers = Array.from({ length: 30 }, (_, number) => number)
  expect(await Promise.all(numbers.map(ask))).toEqual(numbers.map((number) => `/facts?${number}`))
})

describe('ws over TLS', () => {
  test('exchanges messages of a megabyte, compressed or not', async () => {
    for (const perMessageDeflate of [true, false]) {
      const options = { ca: edge.ca, perMessageDeflate }
      const socket = new WebSocket(`${edge.secure.replace('https', 'wss')}/echo`, options)
      await once(socket, 'open')
      const message = Buffer.alloc(1024 * 1024, 'message ')
      socket.send(message)
      const [answer] = await once(socket, 'message')
      expect(Buffer.compare(answer, message)).toBe(0)
      socket.close(4000, 'done')
      const [code] = await once(socket, 'close')
      expect(code).toBe(4000)
    }
  })
})

describe.each([
  ['a WebSocket only', ['websocket']],
  ['an upgrade from polling', ['polling', 'websocket']],
])('socket.io over TLS with %s', (_way, transports) => {
  test('calls back with what was sent', async () => {
    const options: Partial<ManagerOptions & SocketOptions> = { transports, ca: edge.ca }
    const socket: Socket = io(edge.secure, { forceNew: true, ...options })
    onTestFinished(() => {
      socket.disconnect()
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve())
      socket.once('connect_error', reject)
    })
    const { engine } = socket.io
    await until(
      () => engine.transport.name === 'websocket',
      () => engine.transport.name,
    )
    expect(await socket.emitWithAck('echo', { value: ['ä', 1] })).toEqual({ value: ['ä', 1] })
  })
})
