/** Limits what unidentified and greedy peers can take from a worker. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TcpAddress } from '@resumelb/common'
import { Connection, type ConnectionOptions, dial, type Hello } from '@resumelb/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import type { Worker } from '../src/index.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A client that connects and sends nothing. */
async function unidentified(worker: Worker): Promise<Socket> {
  const socket = connect(worker.address as TcpAddress)
  socket.on('error', () => undefined)
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

/** Warnings and errors, by what they say. */
function recorder() {
  const lines: { message: string; facts: Readonly<Record<string, unknown>> }[] = []
  const note = (facts: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ message, facts })
  }
  const ignore = () => undefined
  return { lines, log: { debug: ignore, info: ignore, warn: note, error: note } }
}

describe('clients that send nothing', () => {
  test('are dropped, the oldest first, when they are too many; balancers are not', async () => {
    const { log, lines } = recorder()
    const { worker, balancer } = await serve((_req, res) => res.end('ok'), {}, { log })
    const ended = new Set<number>()
    for (let count = 0; count < 40; count++) {
      const socket = await unidentified(worker)
      socket.resume().on('close', () => ended.add(count))
    }
    await until(() => ended.size === 8)
    expect([...ended].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect((await balancer.fetch()).text).toBe('ok')
    expect((await (await TestBalancer.connect(worker)).fetch()).text).toBe('ok')
    const told = lines.filter(
      ({ message }) => message === 'connection of an unidentified client ended',
    )
    expect(told.map(({ facts }) => facts)).toEqual([
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', count: 1 }),
    ])
  })
})

describe('a peer that takes no responses', () => {
  const length = 256 * 1024

  /** A balancer that gives no credit for anything, and never gives the worker up. */
  async function deafBalancer(
    worker: Worker,
    requests: number,
    options: ConnectionOptions = {},
  ): Promise<{ refused: number; readonly socket: Socket }> {
    const socket = await dial(worker.address, 5_000)
    sockets.push(socket)
    const told = { refused: 0, socket }
    const hello = await new Promise<{ connection: Connection; hello: Hello }>((resolve, reject) => {
      const connection = new Connection(
        socket,
        { role: 'balancer', software: 'test/1', id: 'deaf' },
        { onHello: (came) => resolve({ connection, hello: came }), onClose: reject },
        { pingAfter: 20, silenceTimeout: 3_600_000, ...options },
      )
    })
    for (let count = 0; count < requests; count++) {
      hello.connection.request(
        {
          ...{ method: 'GET', url: '/', headers: 'Host\na', requestClass: 'a', id: String(count) },
          ...{ remoteAddress: '192.0.2.7', remotePort: 1, encrypted: false, httpVersion: '1.1' },
        },
        undefined,
        true,
        {
          onResponse: () => undefined,
          onData: () => undefined,
          onEnd: () => undefined,
          onReset: (code) => {
            if (code === 'REFUSED') told.refused++
          },
          onDrain: () => undefined,
        },
      )
    }
    return told
  }

  test('gets no more than its share of what may wait, and others are served', async () => {
    let handled = 0
    const maxQueued = 8 * 1024 * 1024
    const handler = (_req: unknown, res: { end(body: Buffer): void }) => {
      handled++
      res.end(Buffer.alloc(length))
    }
    const { worker, balancer } = await serve(handler, { maxQueued })
    const told = await deafBalancer(worker, 200)
    await until(() => told.refused > 0)
    await until(() => told.refused + handled === 200)
    // Of each response a window of 64 KiB has been sent.
    expect(handled).toBeLessThan(1.5 * (maxQueued / (length - 64 * 1024)))
    const { status, body } = await balancer.fetch()
    expect([status, body.length]).toEqual([200, length])
  })

  test('and reads nothing at all is given up, though it speaks', async () => {
    const { log, lines } = recorder()
    const body = Buffer.alloc(length)
    const handler = (_req: unknown, res: { end(body: Buffer): void }) => res.end(body)
    // Both ends share this event loop, whose turns are long on a busy machine: an answer to a PING
    // takes several of them, and must not look like silence.
    const connection = { pingAfter: 50, silenceTimeout: 2_000 }
    const { worker, balancer } = await serve(handler, { connection }, { log })
    // More than the kernel holds.
    const { socket } = await deafBalancer(worker, 400, { window: length })
    socket.pause()
    await until(() => lines.length > 0)
    expect(lines[0]?.message).toBe('connection to a load balancer lost')
    expect(lines[0]?.facts['code']).toBe('WRITE_TIMEOUT')
    expect(worker.backlog).toBe(0)
    expect((await balancer.fetch()).status).toBe(200)
  })

  test('and whose connection breaks while the worker closes does not keep it from that', async () => {
    const handler = (_req: unknown, res: { end(body: Buffer): void }) => res.end(Buffer.alloc(1000))
    const { worker } = await serve(handler)
    const { socket } = await deafBalancer(worker, 10)
    socket.pause()
    const closed = worker.close()
    socket.resetAndDestroy()
    await closed
  })
})

describe('a load balancer whose HELLO comes late', () => {
  test('gets what has changed since the worker sent its HELLO', async () => {
    const { worker, balancer } = await serve((_req, res) => res.end('ok'))
    const socket = await unidentified(worker)
    await once(socket, 'readable')
    expect((await balancer.fetch()).text).toBe('ok')
    worker.setReady(false)
    const heard = { first: 0, classes: new Set<string>(), state: '' }
    new Connection(
      socket,
      { role: 'balancer', software: 'test/1', id: 'late' },
      {
        onHello: ({ worker: hello }) => {
          heard.first = hello?.resume.size ?? 0
        },
        onResume: (changes) => {
          for (const requestClass of changes.keys()) heard.classes.add(requestClass)
        },
        onLoad: ({ state }) => {
          heard.state = state
        },
        onClose: () => undefined,
      },
    )
    await until(() => heard.classes.size > 0 && heard.state === 'unready')
    expect(heard.first).toBe(0)
  })
})

test('a load balancer hears of the work of others before it sends a request', async () => {
  const responses: { end(): void }[] = []
  const { worker, balancer } = await serve((_req, res) => responses.push(res), { concurrency: 30 })
  const other = await TestBalancer.connect(worker)
  const calls = Array.from({ length: 20 }, () => balancer.call())
  await until(() => other.loads.some(({ others }) => others?.requests === 20))
  const load = other.loads.findLast(({ others }) => others?.requests === 20)
  expect(load?.others?.seconds).toBeGreaterThanOrEqual(0.1)
  expect(balancer.loads.every(({ others }) => (others?.requests ?? 0) === 0)).toBe(true)
  await until(() => responses.length === 20)
  for (const response of responses) response.end()
  await Promise.all(calls.map(({ answer }) => answer))
  await until(() => other.loads.at(-1)?.others?.requests === 0)
})

describe('a class that is new to a worker', () => {
  test('is told to the other load balancers before it is served, and taken back if it fails', async () => {
    const responses: { statusCode: number; end(): void }[] = []
    const { worker, balancer } = await serve((_req, res) => responses.push(res))
    const other = await TestBalancer.connect(worker)
    const told = () => other.changes.flatMap((changes) => [...changes])
    const call = balancer.call({ requestClass: 'new' })
    await until(() => told().length === 1)
    expect(told()[0]).toMatchObject(['new', { count: 0, rate: 0 }])
    const [response] = responses
    if (response) response.statusCode = 500
    response?.end()
    await call.answer
    await until(() => told().length === 2)
    expect(told()[1]).toEqual(['new', null])
  })
})
