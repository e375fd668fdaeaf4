import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { awakeClockOf, type OptionError, silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../../../test/support/certificates.ts'
import type { RefusedConnection } from '../../src/http/failures.ts'
import type { AttachableServer } from '../../src/listener/listener.ts'
import { ProxyGate, proxyHeaderTimeout } from '../../src/listener/proxy-gate.ts'
import { Certificates } from '../../src/listener/tls/certificates.ts'
import { createTlsServer } from '../../src/listener/tls/server.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { startWorker, until } from '../support/balancer.ts'
import { answer } from '../support/tiny-worker.ts'

const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'
const header = 'PROXY TCP4 203.0.113.9 10.0.0.1 50000 80\r\n'

interface Gated {
  readonly port: number
  readonly balancer: LoadBalancer
  readonly refused: RefusedConnection[]
}

/**
 * A load balancer behind a PROXY protocol, whose worker answers with the client that it was told.
 */
async function startGated(
  options: LoadBalancerOptions = {},
  server: AttachableServer = createServer(),
): Promise<Gated> {
  const worker = await startWorker((caught) => {
    const { remoteAddress, remotePort, headers } = caught.head
    answer(JSON.stringify({ remoteAddress, remotePort, headers }))(caught)
  })
  const balancer = new LoadBalancer({
    workers: [worker.address],
    trustedProxies: ['loopback'],
    log: silentLogger,
    ...options,
  })
  const refused: RefusedConnection[] = []
  balancer.events.on('connectionRefused', (connection) => refused.push(connection))
  balancer.attach(server, { proxyProtocol: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    balancer.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { port: (server.address() as AddressInfo).port, balancer, refused }
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

/** What comes until the other end closes. */
async function read(socket: Socket): Promise<string> {
  let all = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    all += chunk
  })
  // Unlike `once` of node:events, this does not reject at a reset.
  await new Promise((resolve) => socket.on('close', resolve))
  return all
}

describe('a server with the PROXY protocol', () => {
  test('takes the client that the header names for the peer', async () => {
    const { port } = await startGated()
    const socket = open(port)
    socket.write(`${header}${get}`)
    const response = await read(socket)
    expect(response).toContain('"remoteAddress":"203.0.113.9","remotePort":50000')
    expect(response).toContain('X-Forwarded-For\\n203.0.113.9\\n')
  })

  test('does not believe the X-Forwarded-For of that client', async () => {
    const { port } = await startGated()
    const socket = open(port)
    socket.write(`${header}${get.replace('Host', 'X-Forwarded-For: 6.6.6.6\r\nHost')}`)
    expect(await read(socket)).not.toContain('6.6.6.6')
  })

  test('reads the header in pieces, and what follows it', async () => {
    const { port } = await startGated()
    const socket = open(port)
    socket.setNoDelay(true)
    const response = read(socket)
    for (const byte of header) {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.write(get)
    expect(await response).toContain('"remoteAddress":"203.0.113.9"')
  })

  test('takes the proxy itself for the peer after LOCAL or UNKNOWN', async () => {
    const { port } = await startGated()
    const socket = open(port)
    socket.write(`PROXY UNKNOWN\r\n${get}`)
    expect(await read(socket)).toContain('"remoteAddress":"127.0.0.1"')
  })

  test('closes connections that do not begin with a header', async () => {
    const { port, refused } = await startGated()
    const socket = open(port)
    socket.write(get)
    expect(await read(socket)).toBe('')
    const reason = 'it does not begin with a PROXY protocol header'
    expect(refused).toEqual([{ cause: 'BAD_PROXY_HEADER', reason, remoteAddress: '127.0.0.1' }])
  })

  test('closes connections that end within the header', async () => {
    const { port, refused } = await startGated()
    const socket = open(port)
    socket.end('PROXY TCP4')
    expect(await read(socket)).toBe('')
    expect(refused).toMatchObject([{ reason: 'it ended within the PROXY protocol header' }])
  })

  test('does not report connections that carry nothing, as health checks', async () => {
    const { port, refused } = await startGated()
    const socket = open(port)
    socket.end()
    expect(await read(socket)).toBe('')
    expect(refused).toEqual([])
  })

  test('closes connections that are not from a trusted proxy', async () => {
    const { port, refused } = await startGated({ trustedProxies: ['10.0.0.0/8'] })
    const socket = open(port)
    socket.write(`${header}${get}`)
    expect(await read(socket)).toBe('')
    expect(refused).toMatchObject([{ reason: 'it is not from a trusted proxy' }])
  })

  test('closes connections without a header when it drains', async () => {
    const { port, balancer } = await startGated()
    const socket = open(port)
    socket.write('PROXY TCP4 ')
    await once(socket, 'connect')
    await new Promise((resolve) => setImmediate(resolve))
    balancer.drain()
    expect(await read(socket)).toBe('')
  })

  test('must have trusted proxies', () => {
    const balancer = new LoadBalancer({ log: silentLogger })
    onTestFinished(() => balancer.destroy())
    const attach = () => balancer.attach(createServer(), { proxyProtocol: true })
    expect(attach).toThrow(expect.objectContaining({ option: 'proxyProtocol' } as OptionError))
  })
})

test('a connection whose header does not come in time is closed', async () => {
  const clock = new ManualClock()
  const refused: string[] = []
  const server = createServer()
  new ProxyGate(server, {
    deadlines: awakeClockOf(clock),
    trusts: () => true,
    announce: () => undefined,
    refused: (_socket, reason) => refused.push(reason),
  })
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const socket = open((server.address() as AddressInfo).port)
  const closed = read(socket)
  socket.write('PROXY ')
  await until(() => clock.pending > 0)
  await clock.advance(proxyHeaderTimeout)
  await closed
  expect(refused).toEqual([`no PROXY protocol header in ${proxyHeaderTimeout} ms`])
})

describe('a server with TLS and the PROXY protocol', () => {
  /** A secure server, and a way to connect to it that begins with a header. */
  async function startSecureGated() {
    const folder = new CertificateFolder()
    onTestFinished(() => folder.remove())
    const files = folder.write('test', await makeCertificate(['localhost']))
    const { port } = await startGated({}, createTlsServer(new Certificates([files])))
    return async (protocol: string) => {
      const raw = open(port)
      raw.write(header)
      await once(raw, 'connect')
      const ALPNProtocols = [protocol]
      return connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols })
    }
  }

  test('reads the header before the handshake', async () => {
    const dial = await startSecureGated()
    const socket = await dial('http/1.1')
    socket.write(get)
    const response = await read(socket)
    expect(response).toContain('"remoteAddress":"203.0.113.9","remotePort":50000')
    expect(response).toContain('X-Forwarded-Proto\\nhttps')
  })

  test('takes the client for the peer of an HTTP/2 connection', async () => {
    const dial = await startSecureGated()
    const socket = await dial('h2')
    const session = connectH2('https://localhost', { createConnection: () => socket })
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    expect(await text(stream)).toContain('"remoteAddress":"203.0.113.9","remotePort":50000')
  })
})
