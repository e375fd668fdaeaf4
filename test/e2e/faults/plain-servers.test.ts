/** Plain HTTP servers that break at each stage of a response, behind a load balancer. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net'
import { until } from '@resumelb/common/testing'
import { LoadBalancer, silentLogger } from '@resumelb/lb'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ask } from '../../support/clients.ts'

/** What the broken server does with its next requests. */
let behave: (socket: Socket) => void = () => undefined
const sockets = new Set<Socket>()
const broken = createRawServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => undefined)
  socket.on('close', () => sockets.delete(socket))
  socket.on('data', () => behave(socket))
})
const good = createServer((request, response) => {
  request.resume().on('end', () => response.end('good'))
})
let both: Front
let alone: Front

interface Front {
  readonly balancer: LoadBalancer
  readonly port: number
  close(): Promise<void>
}

async function startFront(workers: string[]): Promise<Front> {
  const balancer = new LoadBalancer({
    ...{ workers, log: silentLogger, pool: 'round-robin' },
    ...{ maxFailures: 0, retryRatio: 1 },
  })
  const server = createServer()
  balancer.attach(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  const close = async () => {
    balancer.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { balancer, port: (server.address() as AddressInfo).port, close }
}

const urlOf = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  await once(broken.listen(0, '127.0.0.1'), 'listening')
  await once(good.listen(0, '127.0.0.1'), 'listening')
  both = await startFront([urlOf(broken), urlOf(good)])
  alone = await startFront([urlOf(broken)])
})

afterAll(async () => {
  await both.close()
  await alone.close()
  for (const socket of sockets) socket.destroy()
  broken.close()
  good.closeAllConnections()
  good.close()
})

const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'

/** The status, or the code of the error if the response is not complete. */
async function outcome(port: number, method: string, body?: string): Promise<number | 'broken'> {
  try {
    return (await ask(port, '/', { method }, body)).status
  } catch {
    return 'broken'
  }
}

test.each<[stage: string, behaviour: (socket: Socket) => void]>([
  ['closes instead of answering', (socket) => socket.end()],
  ['resets instead of answering', (socket) => socket.resetAndDestroy()],
  ['closes in the status line', (socket) => socket.end('HTTP/1.1 20')],
  ['closes in the fields', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
  ['closes after an interim response', (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')],
])('a server that %s: a GET is served by another, a POST is a 502', async (_stage, behaviour) => {
  behave = behaviour
  for (let i = 0; i < 2; i++) expect(await outcome(both.port, 'GET')).toBe(200)
  expect(await outcome(alone.port, 'POST', 'x')).toBe(502)
})

test.each<[stage: string, behaviour: (socket: Socket) => void]>([
  ['closes before the body', (socket) => socket.end(head)],
  ['closes in the body', (socket) => socket.end(`${head}ab`)],
  [
    'closes in a chunk',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
  ],
  [
    'closes before the last chunk',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n'),
  ],
  [
    'sends a chunk that is none',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'),
  ],
])('a server that %s: no client takes the response for complete', async (_stage, behaviour) => {
  behave = behaviour
  for (const [method, body] of [['GET'], ['POST', 'x']] as const) {
    expect([502, 'broken']).toContain(await outcome(alone.port, method, body))
  }
})

test('a server that hangs before its response is a 504', async () => {
  behave = () => undefined
  alone.balancer.updateLimits({ responseTimeout: 300 })
  expect(await outcome(alone.port, 'GET')).toBe(504)
  expect(await outcome(alone.port, 'POST', 'x')).toBe(504)
  alone.balancer.updateLimits({ responseTimeout: 60_000 })
})

test('a server that hangs in its response loses its connection when the client leaves', async () => {
  let held: Socket | undefined
  behave = (socket) => {
    held = socket
    socket.write(`${head}ab`)
  }
  const controller = new AbortController()
  const response = await fetch(`http://127.0.0.1:${alone.port}/`, { signal: controller.signal })
  const reader = response.body?.getReader()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('ab')
  controller.abort()
  await until(() => held?.destroyed === true || !sockets.has(held as Socket))
  await until(() => alone.balancer.backlog === 0)
})

test('a server that refuses connections gets nothing, and requests wait until there is one', async () => {
  const gone = createServer((_request, response) => response.end('back'))
  await once(gone.listen(0, '127.0.0.1'), 'listening')
  const front = await startFront([urlOf(gone), urlOf(good)])
  onTestFinished(() => front.close())
  const { port } = gone.address() as AddressInfo
  gone.closeAllConnections()
  await new Promise((resolve) => gone.close(resolve))
  for (let i = 0; i < 4; i++) expect(await outcome(front.port, 'POST', 'x')).toBe(200)
  front.balancer.setWorkers([`http://127.0.0.1:${port}`])
  await until(() => front.balancer.workers.length === 1)
  front.balancer.updateLimits({ waitTimeout: 300 })
  expect(await outcome(front.port, 'GET')).toBe(503)
})
