/** WebSockets of real libraries, through a load balancer and a worker. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { until } from '@resumelb/common/testing'
import { type EndedRequest, LoadBalancer } from '@resumelb/lb'
import { silentLogger, Worker } from '@resumelb/worker'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

/** An application with WebSockets at `/echo` and, of a server's own, nothing at all elsewhere. */
function application(): { server: Server; sockets: WebSocketServer } {
  const server = createServer((request, response) => response.end(`page ${request.url}`))
  const sockets = new WebSocketServer({ server, path: '/echo' })
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return { server, sockets }
}

async function balancerFor(workers: readonly Worker[], isEmbedded = false) {
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
})

void [connect]
