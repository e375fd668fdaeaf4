/**
 * Upgraded connections that end in any way, in any order, of clients with HTTP/1.1 and HTTP/2, at a
 * worker and at a plain HTTP server: nothing is left of them anywhere.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type ClientHttp2Session, connect as connectH2 } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { until } from '@resumelb/common/testing'
import {
  Certificates,
  createTlsServer,
  type EndedRequest,
  LoadBalancer,
  type LoadBalancerOptions,
} from '@resumelb/lb'
import { silentLogger, Worker } from '@resumelb/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../support/certificates.ts'

/** What an application does with a request for an upgrade. */
const behaviours = {
  silent: () => undefined,
  destroys: (socket) => void socket.destroy(),
  ends: (socket) => void socket.end(),
  stops: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'),
  isInvalid: (socket) => void socket.write('SSH-2.0\r\n\r\n'),
  refuses: (socket) => void socket.end('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno'),
  refusesAndKeeps: (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`)
  },
  grants: (socket) => void socket.write(granted),
  echoes: (socket) => {
    socket.write(granted)
    socket.pipe(socket)
  },
  grantsAndEnds: (socket) => void socket.end(`${granted}bye`),
  grantsAndDestroys: (socket) => void socket.write(`${granted}bye`, () => socket.destroy()),
  floods: (socket) => {
    socket.write(granted)
    for (let chunks = 0; chunks < 20; chunks++) socket.write(Buffer.alloc(65_536))
  },
} satisfies Record<string, (socket: Duplex) => void>

type Behaviour = keyof typeof behaviours

/** Milliseconds after which those that are silent are given up. */
const responseTimeout = 200

const granted =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

/** What a client does, one after the other. */
type Move = 'sends' | 'sendsMuch' | 'waits' | 'pauses' | 'ends' | 'resets' | 'cancels'

const moves: readonly Move[] = [
  'sends',
  'sendsMuch',
  'waits',
  'pauses',
  'ends',
  'resets',
  'cancels',
]

/** Numbers from 0 up to `limit`, always the same (mulberry32). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit) | 0
  }
}

/** Applications with their open sockets. */
const sockets = new Set<Duplex>()

function onUpgrade(request: IncomingMessage, socket: Duplex): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  // Only who reads can see that the client leaves.
  socket.on('end', () => socket.end())
  socket.resume()
  const name = request.url?.slice(1) as Behaviour
  behaviours[name](socket)
}

const page: RequestListener = (_, response) => response.end('page')

const certificates = new CertificateFolder()

async function listen(server: { listen(port: number, host: string): unknown }): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server as never, 'listening')
  return ((server as never as Socket).address() as AddressInfo).port
}

/** A load balancer with a plain and a TLS address. */
async function front(address: Worker['address'] | string, options: LoadBalancerOptions) {
  const balancer = new LoadBalancer({ workers: [address], log: silentLogger, ...options })
  const ended: EndedRequest[] = []
  balancer.events.on('requestEnded', (request) => ended.push(request))
  const files = certificates.write('front', await makeCertificate(['localhost']))
  const servers = [createServer(), createTlsServer(new Certificates([files]))] as const
  for (const server of servers) balancer.attach(server)
  const [port, securePort] = [await listen(servers[0]), await listen(servers[1])]
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  const open = async () => {
    const counts = servers.map(
      (server) =>
        new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    )
    return (await Promise.all(counts)).reduce((sum, count) => sum + count)
  }
  const close = async () => {
    balancer.destroy()
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
  return { balancer, ended, port, securePort, open, close }
}

function overH1(port: number, name: Behaviour, first: string): Duplex {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const head = `GET /${name} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  socket.write(`${head}${first}`)
  return socket
}

function overH2(session: ClientHttp2Session, name: Behaviour, first: string): Duplex {
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': `/${name}`, ':scheme': 'https' },
    { endStream: false },
  )
  if (first !== '') stream.write(first)
  return stream
}

/**
 * Resolves after some milliseconds, and turns of the event loop: all ends of the connections are in
 * this process, so that they get to work however busy the machine is.
 */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5))
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Makes the moves, and then leaves. */
async function play(client: Duplex, played: readonly Move[]): Promise<void> {
  client.on('error', () => undefined)
  client.resume()
  const closed = new Promise<void>((resolve) => client.on('close', () => resolve()))
  for (const move of played) {
    if (move === 'waits') await aWhile()
    else if (move === 'pauses') client.pause()
    else if (move === 'sends') client.write('some')
    else if (move === 'sendsMuch') client.write(Buffer.alloc(200_000))
    else if (move === 'ends') client.end()
    else if (move === 'resets' && 'resetAndDestroy' in client) (client as Socket).resetAndDestroy()
    else client.destroy()
    if (!client.writable) break
  }
  // One that has ended its side may wait for the other; not all applications end theirs.
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 30))])
  client.destroy()
  await closed
}

describe.each(['a worker', 'a plain HTTP server'])('upgrades at %s', (kind) => {
  const app = createServer(page).on('upgrade', onUpgrade)
  let worker: Worker | undefined
  let served: Awaited<ReturnType<typeof front>>

  beforeAll(async () => {
    if (kind === 'a worker') {
      worker = new Worker(app, { concurrency: 2 }, { log: silentLogger })
      await worker.listen()
      served = await front(worker.address, { responseTimeout })
    } else {
      const options = { responseTimeout, upstreamConcurrency: 2 }
      served = await front(`http://127.0.0.1:${await listen(app)}`, options)
    }
  })

  afterAll(async () => {
    await served.close()
    await worker?.close()
    app.closeAllConnections()
    if (app.listening) app.close()
  })

  test.each([1, 2, 3])('leave nothing behind, however they end (%i)', async (seed) => {
    const { balancer, ended, port, securePort, open } = served
    const random = randomNumbers(seed)
    const session = connectH2(`https://localhost:${securePort}`, {
      ...{ host: '127.0.0.1', rejectUnauthorized: false },
    } as never)
    session.on('error', () => undefined)
    await once(session, 'remoteSettings')
    const names = Object.keys(behaviours) as Behaviour[]
    const count = 60
    ended.length = 0
    const plays = Array.from({ length: count }, async () => {
      const name = names[random(names.length)] as Behaviour
      const first = random(2) === 0 ? '' : 'early'
      const client = random(2) === 0 ? overH1(port, name, first) : overH2(session, name, first)
      const played = Array.from({ length: random(4) }, () => moves[random(moves.length)] as Move)
      await play(client, random(4) === 0 ? played : ['waits', ...played])
    })
    await Promise.all(plays)
    const left = () => ({
      balancer: [balancer.backlog, balancer.waiting, balancer.workers[0]?.backlog],
      worker: [worker?.backlog ?? 0, worker?.upgradedConnections ?? 0],
      sockets: sockets.size,
    })
    const nothing = { balancer: [0, 0, 0], worker: [0, 0], sockets: 0 }
    await until(
      () => JSON.stringify(left()) === JSON.stringify(nothing),
      () => JSON.stringify(left()),
    )
    // All slots are free, however long the answers take.
    balancer.updateLimits({ responseTimeout: 0 })
    const asked = Array.from({ length: 4 }, () => fetch(`http://127.0.0.1:${port}/`))
    for (const response of await Promise.all(asked)) expect(await response.text()).toBe('page')
    balancer.updateLimits({ responseTimeout })
    session.close()
    await once(session, 'close')
    // What is open is of these four requests.
    await until(async () => (await open()) <= asked.length)
    expect(ended.length).toBeGreaterThan(count / 2)
  })
})

afterAll(() => certificates.remove())
