/** WebSockets of real libraries, through a load balancer and a worker. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@resumelb/common/testing'
import { type EndedRequest, LoadBalancer } from '@resumelb/lb'
import { silentLogger, Worker } from '@resumelb/worker'
import { Server as SocketServer } from 'socket.io'
import { io as connectSocket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { CommandProcess, startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

/** An application with WebSockets at `/echo` and, of a server's own, nothing at all elsewhere. */
function application(): { server: Server; sockets: WebSocketServer } {
  const server = createServer((request, response) => response.end(`page ${request.url}`))
  const sockets = new WebSocketServer({ server, path: '/echo' })
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return { server, sockets }
}

async function balancerFor(
  workers: readonly { readonly address: Worker['address'] | string }[],
  isEmbedded = false,
) {
  const ended: EndedRequest[] = []
  const addresses = workers.map(({ address }) => address)
  const balancer = new LoadBalancer({ workers: addresses, log: silentLogger })
  balancer.events.on('requestEnded', (request) => ended.push(request))
  const front = createServer()
  if (isEmbedded) {
    front.on('request', balancer.handleRequest)
    front.on('upgrade', balancer.handleUpgrade)
  } else balancer.attach(front)
  await once(front.listen(0, '127.0.0.1'), 'listening')
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  const { port } = front.address() as AddressInfo
  const close = async () => {
    balancer.destroy()
    front.closeAllConnections()
    await new Promise((resolve) => front.close(resolve))
  }
  return { balancer, port, ended, close }
}

async function opened(port: number, path = '/echo', options = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** Without ending it with the test. */
async function openQuietly(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

describe.each([
  { way: 'a server of its own', isEmbedded: false },
  { way: 'a server that it is embedded in', isEmbedded: true },
])('through a load balancer with $way', ({ isEmbedded }) => {
  const app = application()
  let worker: Worker
  let front: Awaited<ReturnType<typeof balancerFor>>

  beforeAll(async () => {
    worker = new Worker(app.server, { concurrency: 2 }, { log: silentLogger })
    await worker.listen()
    front = await balancerFor([worker], isEmbedded)
  })

  afterAll(async () => {
    await front.close()
    await worker.close()
  })

  test('messages come back, short, empty and of a megabyte', async () => {
    const socket = await opened(front.port)
    for (const size of [5, 0, 125, 126, 65_536, 1024 * 1024]) {
      const sent = Buffer.alloc(size, size)
      socket.send(sent)
      const [received] = await once(socket, 'message')
      expect(Buffer.compare(received, sent)).toBe(0)
    }
    socket.close()
    await once(socket, 'close')
  })

  test('close codes and reasons arrive on both sides', async () => {
    const socket = await opened(front.port)
    const [server] = [...app.sockets.clients] as [WebSocket]
    socket.close(3001, 'enough')
    const [[code, reason], [back]] = await Promise.all([
      once(server, 'close'),
      once(socket, 'close'),
    ])
    expect([code, String(reason), back]).toEqual([3001, 'enough', 3001])
  })

  test('pings are answered in both directions', async () => {
    const socket = await opened(front.port)
    const [server] = [...app.sockets.clients] as [WebSocket]
    socket.ping('a')
    server.ping('b')
    const [[pong], [other]] = await Promise.all([once(socket, 'pong'), once(server, 'pong')])
    expect([String(pong), String(other)]).toEqual(['a', 'b'])
  })

  test('neither side sends more than the other reads', async () => {
    const socket = await opened(front.port)
    const [server] = [...app.sockets.clients] as [WebSocket]
    const much = Buffer.alloc(16 * 1024 * 1024)
    for (const [one, other] of [
      [socket, server],
      [server, socket],
    ] as const) {
      other.removeAllListeners('message')
      other.pause()
      one.send(much)
      // What has left is less than what was sent, until the other end reads it.
      let before = 0
      await until(() => {
        const isStuck = one.bufferedAmount === before
        before = one.bufferedAmount
        return isStuck
      })
      expect(before).toBeGreaterThan(much.length / 2)
      other.resume()
      const [received] = await once(other, 'message')
      expect(received).toHaveLength(much.length)
    }
  })

  test('an upgrade is one line of the log, with the bytes that went to the client', async () => {
    const socket = await opened(front.port)
    const count = front.ended.length
    socket.send('hello')
    await once(socket, 'message')
    socket.terminate()
    await until(() => front.ended.length > count)
    expect(front.ended.at(-1)).toMatchObject({ status: 101, bytesSent: 7, outcome: 'served' })
  })

  test('what the application does not take, or refuses, is no page', async () => {
    const refused = new WebSocket(`ws://127.0.0.1:${front.port}/elsewhere`)
    const [, response] = await once(refused, 'unexpected-response')
    expect(response.statusCode).toBe(400)
    refused.on('error', () => undefined)
    refused.terminate()
  })
})

describe('many WebSockets', () => {
  test('are served at once by a worker of two slots, beside its requests', async () => {
    const app = application()
    const worker = new Worker(app.server, { concurrency: 2 }, { log: silentLogger })
    await worker.listen()
    const { port, close, balancer } = await balancerFor([worker])
    const sockets: WebSocket[] = []
    for (let batch = 0; batch < 10; batch++) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openQuietly(port)))))
    }
    expect([worker.upgradedConnections, balancer.backlog]).toEqual([1000, 1000])
    const echoes = sockets.map(async (socket, number) => {
      socket.send(String(number))
      const [data] = await once(socket, 'message')
      return String(data) === String(number)
    })
    expect((await Promise.all(echoes)).every(Boolean)).toBe(true)
    expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toBe('page /x')
    for (const socket of sockets) socket.terminate()
    await until(() => worker.backlog === 0 && balancer.backlog === 0)
    // Opening a WebSocket is what it takes to serve it, however long it stays open.
    expect(worker.resume.get('127.0.0.1')?.seconds).toBeLessThan(1)
    await close()
    await worker.close()
  })
})

describe('the end of a worker or a load balancer', () => {
  test('closes the WebSockets of a worker that is lost', async () => {
    const worker = await startWorkerProcess([], { app: 'websocket.mjs' })
    const { port, close } = await balancerFor([worker])
    onTestFinished(close)
    const socket = await opened(port)
    const closed = once(socket, 'close')
    worker.process.signal('SIGKILL')
    const [code] = await closed
    expect(code).toBe(1006)
  })

  test('closes the WebSockets of a worker that drains with 1001, at its deadline', async () => {
    const worker = await startWorkerProcess(
      ['--upgrade-drain-timeout', '1', '--drain-timeout', '0'],
      {
        app: 'websocket.mjs',
      },
    )
    const { port, close } = await balancerFor([worker])
    onTestFinished(close)
    const socket = await opened(port)
    worker.process.signal('SIGTERM')
    socket.send('still here')
    const [data] = await once(socket, 'message')
    expect(String(data)).toBe('still here')
    const [code] = await once(socket, 'close')
    expect(code).toBe(1001)
    expect(await worker.process.exited).toBe(0)
  })

  test('closes the WebSockets of a load balancer that drains with 1001, at its deadline', async () => {
    const worker = await startWorkerProcess([], { app: 'websocket.mjs' })
    const { port, process } = await startBalancerProcess(
      [worker],
      ['--upgrade-drain-timeout', '1', '--drain-timeout', '0.1'],
    )
    const socket = await opened(port)
    process.signal('SIGTERM')
    socket.send('still here')
    expect(String((await once(socket, 'message'))[0])).toBe('still here')
    const [code] = await once(socket, 'close')
    expect(code).toBe(1001)
    expect(await process.exited).toBe(0)
  })
})

describe('an HTTP server behind a worker (--upstream)', () => {
  test('gets WebSockets, and answers those that it refuses', async () => {
    const app = application()
    await once(app.server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void app.server.close())
    const { port: upstream } = app.server.address() as AddressInfo
    const process = new CommandProcess('packages/worker/bin/resumelb-worker.js', [
      ...['--upstream', `http://127.0.0.1:${upstream}`, '-a', '127.0.0.1:0'],
    ])
    const { port, close } = await balancerFor([{ address: await process.address() }])
    onTestFinished(close)
    const socket = await opened(port)
    socket.send(Buffer.alloc(1024 * 1024))
    expect((await once(socket, 'message'))[0]).toHaveLength(1024 * 1024)
    socket.close(4000)
    expect((await once(socket, 'close'))[0]).toBe(4000)
    const refused = new WebSocket(`ws://127.0.0.1:${port}/elsewhere`)
    refused.on('error', () => undefined)
    expect((await once(refused, 'unexpected-response'))[1].statusCode).toBe(400)
    refused.terminate()
    app.server.closeAllConnections()
  })
})

describe('socket.io', () => {
  const server = createServer()
  const io = new SocketServer(server)
  let worker: Worker
  let front: Awaited<ReturnType<typeof balancerFor>>

  beforeAll(async () => {
    io.on('connection', (socket) => socket.on('echo', (value, reply) => reply(value)))
    worker = new Worker(server, {}, { log: silentLogger })
    await worker.listen()
    front = await balancerFor([worker])
  })

  afterAll(async () => {
    await io.close()
    await front.close()
    await worker.close()
  })

  test.each([
    { how: 'by WebSocket alone', transports: ['websocket'] },
    { how: 'by polling, and then a WebSocket', transports: ['polling', 'websocket'] },
  ])('is connected $how', async ({ transports }) => {
    const client = connectSocket(`http://127.0.0.1:${front.port}`, { transports, forceNew: true })
    onTestFinished(() => void client.close())
    await new Promise<void>((resolve) => client.on('connect', resolve))
    await until(() => client.io.engine.transport.name === 'websocket')
    expect(await client.emitWithAck('echo', { a: [1, 'b'] })).toEqual({ a: [1, 'b'] })
    expect(await client.emitWithAck('echo', Buffer.alloc(100_000))).toHaveLength(100_000)
  })
})

test('a worker without a listener for upgrades is asked for none: 501', async () => {
  const worker = new Worker((_request, response) => response.end('page'), {}, { log: silentLogger })
  await worker.listen()
  const { port, close } = await balancerFor([worker])
  const refused = new WebSocket(`ws://127.0.0.1:${port}/`)
  refused.on('error', () => undefined)
  expect((await once(refused, 'unexpected-response'))[1].statusCode).toBe(501)
  refused.terminate()
  await close()
  await worker.close()
})
