/** A load balancer on a real server, with tiny workers and plain clients, for one test. */
import {
  type Agent,
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  type RequestOptions,
  request,
  type Server,
} from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { silentLogger } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { onTestFinished } from 'vitest'
import type { EndedRequest } from '../../src/events.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { type Behaviour, TinyWorker } from './tiny-worker.ts'

export { until }

export interface Balanced {
  readonly balancer: LoadBalancer
  readonly server: Server
  readonly port: number
  /** Requests that have ended, in that order. */
  readonly ended: EndedRequest[]
}

let reader: 'ours' | 'node:http' = 'ours'

/** From now on, what {@link startBalancer} starts reads its clients' requests like that. */
export function readBy(name: typeof reader): void {
  reader = name
}

/** Who reads the requests of what is started now. */
export function readerName(): typeof reader {
  return reader
}

/** Starts a worker that closes with the test. */
export async function startWorker(behaviour?: Behaviour): Promise<TinyWorker> {
  const worker = await new TinyWorker(behaviour).listen()
  onTestFinished(() => worker.close())
  return worker
}

/** Starts a load balancer that closes with the test, and waits until it is connected. */
export async function startBalancer(
  workers: readonly TinyWorker[],
  options: LoadBalancerOptions = {},
): Promise<Balanced> {
  const ended: EndedRequest[] = []
  const balancer = new LoadBalancer({
    pool: 'classless',
    log: silentLogger,
    workers: workers.map((worker) => worker.address),
    ...options,
  })
  balancer.events.on('requestEnded', (request) => ended.push(request))
  const server = createServer()
  if (reader === 'node:http') {
    server.on('request', balancer.handleRequest)
    server.on('checkContinue', balancer.handleRequest)
    server.on('upgrade', balancer.handleUpgrade)
  } else balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    balancer.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { balancer, server, port: (server.address() as AddressInfo).port, ended }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: string[]
  readonly trailers: NodeJS.Dict<string>
  readonly text: string
}

export interface AskOptions extends RequestOptions {
  readonly body?: string | Buffer
  readonly agent?: Agent
}

/** Sends a request and reads the whole answer; rejects if it breaks off. */
export function ask(port: number, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options
    const sent = open(port, rest)
    readAnswer(sent).then(resolve, reject)
    sent.end(body)
  })
}

/** Opens a request on a connection of its own, and leaves the rest to the caller. */
export function open(port: number, options: RequestOptions = {}): ClientRequest {
  const sent = request({ host: '127.0.0.1', port, agent: false, ...options })
  onTestFinished(() => {
    sent.destroy()
  })
  return sent
}

export function readAnswer(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          trailers: response.trailers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
  })
}

/** A raw connection, for what no HTTP client sends. */
export function openRaw(port: number): {
  socket: Socket
  received: () => string
  closed: Promise<void>
} {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  onTestFinished(() => {
    socket.destroy()
  })
  return { socket, received: () => received, closed }
}

/** Asks, and does something as soon as the response has begun at the client. */
export function askAndOnceBegun(port: number, deed: () => unknown): Promise<Answer> {
  const sent = open(port)
  const answered = readAnswer(sent)
  sent.on('response', deed)
  sent.end()
  return answered
}

/**
 * Resolves when a count stands still while other requests are served: whatever could go on, would.
 */
export async function untilItStands(count: () => number, port: number): Promise<void> {
  let before = Number.NaN
  while (before !== count()) {
    before = count()
    for (let others = 0; others < 20; others++) await ask(port, { path: '/other' })
  }
}
