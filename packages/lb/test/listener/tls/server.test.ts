import { writeFileSync } from 'node:fs'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { Agent, createServer, request } from 'node:https'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import {
  type ConnectionOptions,
  connect,
  createServer as createBareServer,
  type TLSSocket,
} from 'node:tls'
import { silentLogger } from '@resumelb/common'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../../../../test/support/certificates.ts'
import type { RefusedInput } from '../../../src/events.ts'
import type { AttachableServer } from '../../../src/listener/listener.ts'
import { Certificates } from '../../../src/listener/tls/certificates.ts'
import { createTlsServer } from '../../../src/listener/tls/server.ts'
import { LoadBalancer } from '../../../src/load-balancer.ts'
import { readAnswer, startWorker, until } from '../../support/balancer.ts'
import { askH2, openH2 } from '../../support/secure-balancer.ts'
import { answer, plain, reported } from '../../support/tiny-worker.ts'

const folder = new CertificateFolder()
type Files = { cert: string; key: string }
let [a, b]: Files[] = []

beforeAll(async () => {
  a = folder.write('a', await makeCertificate(['a.example']))
  b = folder.write('b', await makeCertificate(['b.example']))
})
afterAll(() => folder.remove())

/** A load balancer behind a server; both end with the test. */
async function start(server: AttachableServer, behaviour = answer('hello')) {
  const worker = await startWorker(behaviour)
  const balancer = new LoadBalancer({
    pool: 'classless',
    log: silentLogger,
    workers: [worker.address],
  })
  const refused: RefusedInput[] = []
  balancer.events.on('inputRefused', (input) => refused.push(input))
  balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    balancer.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { balancer, server, worker, refused, port: (server.address() as AddressInfo).port }
}

/** Resolves when the handshake is done; rejects if it fails. */
async function open(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  return socket
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN

/** The session of TLS 1.3, whose ticket comes behind the handshake, with the first data. */
function ticketOf(socket: TLSSocket): Promise<Buffer> {
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  socket.resume()
  return new Promise((resolve) => socket.once('session', resolve))
}

/** Asks over HTTP/1.1 on a connection of its own, unless there is an agent. */
function ask(port: number, options = {}) {
  const sent = request({
    ...{ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false as const },
    ...options,
  })
  const answered = readAnswer(sent)
  sent.end()
  return answered
}

describe('createTlsServer', () => {
  test('lets the server name choose the certificate', async () => {
    const { port } = await start(createTlsServer(new Certificates([a, b] as Files[])))
    expect(nameOf(await open(port, { servername: 'a.example' }))).toBe('a.example')
    expect(nameOf(await open(port, { servername: 'b.example' }))).toBe('b.example')
    expect(nameOf(await open(port, { servername: 'c.example' }))).toBe('a.example')
    expect(nameOf(await open(port))).toBe('a.example')
  })

  test('serves HTTP/2 and HTTP/1.1, as the client chooses', async () => {
    const { port, worker } = await start(createTlsServer(new Certificates([a as Files])))
    expect((await askH2(await openH2(port))).text).toBe('hello')
    expect((await ask(port)).text).toBe('hello')
    expect((await ask(port, { ALPNProtocols: ['http/1.1'] })).text).toBe('hello')
    const seen = worker.requests.map(({ head }) => [head.httpVersion, head.encrypted])
    expect(seen).toEqual([
      ['2.0', true],
      ['1.1', true],
      ['1.1', true],
    ])
    expect(worker.requests[1]?.head.headers).toContain('X-Forwarded-Proto\nhttps')
  })

  test('serves HTTP/1.1 only, if told so', async () => {
    const { port } = await start(createTlsServer(new Certificates([a as Files]), { http2: false }))
    expect((await open(port, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol).toBe('http/1.1')
    await expect(open(port, { ALPNProtocols: ['h2'] })).rejects.toThrow()
  })

  test('refuses and reports what is no good handshake', async () => {
    const certificates = new Certificates([a as Files], { minVersion: 'TLSv1.3' })
    const { port, refused } = await start(createTlsServer(certificates))
    await expect(open(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
    await until(() => refused.length === 1)
    await expect(open(port, { ALPNProtocols: ['smtp'] })).rejects.toThrow()
    await until(() => refused.length === 2)
    const socket = connectPlain(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    await until(() => refused.length === 3)
    expect(refused.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['BAD_HANDSHAKE', 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
      ['BAD_HANDSHAKE', expect.stringMatching(/ALPN|NO_APPLICATION_PROTOCOL/)],
      ['BAD_HANDSHAKE', 'ERR_SSL_HTTP_REQUEST'],
    ])
    expect(refused[2]?.remoteAddress).toBe('127.0.0.1')
    expect((await ask(port)).status).toBe(200)
  })

  test('reloads its certificates without touching a connection', async () => {
    const files = folder.write('live', await makeCertificate(['old.example']))
    const certificates = new Certificates([files])
    const { port, worker } = await start(createTlsServer(certificates))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const session = await openH2(port)
    await ask(port, { agent })

    folder.write('live', await makeCertificate(['new.example']))
    certificates.reload()
    expect(nameOf(await open(port))).toBe('new.example')
    expect(nameOf(await open(port, { servername: 'new.example' }))).toBe('new.example')
    expect((await askH2(session)).status).toBe(200)
    expect((await ask(port, { agent })).status).toBe(200)
    const [first, , last] = worker.requests.map(({ head }) => head.remotePort)
    expect(last).toBe(first)

    writeFileSync(files.key, 'no key')
    expect(certificates.reload()).toBe(false)
    expect(nameOf(await open(port))).toBe('new.example')
  })

  test('resumes sessions', async () => {
    const { port } = await start(createTlsServer(new Certificates([a, b] as Files[])))
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { servername: 'b.example', maxVersion }
      const first = await open(port, options)
      const session = maxVersion === 'TLSv1.2' ? first.getSession() : await ticketOf(first)
      expect((await open(port, { ...options, session })).isSessionReused()).toBe(true)
    }
  })

  test('takes requests one after the other, and lets the last half-close, as without TLS', async () => {
    const { port } = await start(
      createTlsServer(new Certificates([a as Files])),
      ({ head, stream }) => stream.respond(plain, Buffer.from(`<${head.url}>`), reported),
    )
    const socket = await open(port)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    const [one, two, three] = ['/1', '/2', '/3'].map(
      (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n`,
    )
    socket.write(`${one}\r\n${two}\r\n`)
    await until(() => received.includes('</2>'))
    socket.end(`${three}Connection: close\r\n\r\n`)
    await new Promise((resolve) => socket.once('close', resolve))
    expect(received.match(/<.*>/g)).toEqual(['</1>', '</2>', '</3>'])
  })

  test('breaks a response off so that its client notices', async () => {
    const { port, worker } = await start(
      createTlsServer(new Certificates([a as Files])),
      ({ stream }) => {
        stream.respond(plain)
        stream.write(Buffer.from('a part'))
      },
    )
    const sent = request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false })
    const answered = readAnswer(sent)
    sent.on('response', (response) => response.once('data', () => worker.breakConnections()))
    sent.end()
    await expect(answered).rejects.toThrow('aborted')
  })

  test('ends connections without a request when it drains', async () => {
    const { port, balancer, server } = await start(createTlsServer(new Certificates([a as Files])))
    const [one, two] = [await open(port), await openH2(port)]
    one.resume()
    const closed = new Promise((resolve) => server.close(resolve))
    balancer.drain()
    await closed
    await until(() => one.destroyed && two.destroyed)
  })
})

describe('attach', () => {
  const options = () => {
    const { cert, key } = new Certificates([a as Files]).secureOptions
    return { cert, key, ALPNProtocols: ['h2', 'http/1.1'] }
  }

  test.each<[string, () => AttachableServer]>([
    ['node:https', () => createServer(options())],
    ['node:tls', () => createBareServer(options())],
  ])('serves a server of %s', async (_what, create) => {
    const { port } = await start(create())
    expect((await ask(port)).text).toBe('hello')
    expect((await askH2(await openH2(port))).text).toBe('hello')
  })

  test('closes a connection to a server of node:tls whose handshake takes too long', async () => {
    const { port, refused } = await start(createBareServer({ ...options(), handshakeTimeout: 50 }))
    const silent = connectPlain(port, '127.0.0.1')
    silent.on('error', () => undefined)
    await new Promise((resolve) => silent.once('close', resolve))
    expect(refused).toMatchObject([
      { detail: 'ERR_TLS_HANDSHAKE_TIMEOUT', remoteAddress: '127.0.0.1' },
    ])
  })

  test('serves a secure server of node:http2', async () => {
    const { port } = await start(createSecureServer({ ...options(), allowHTTP1: true }))
    expect((await ask(port)).text).toBe('hello')
    expect((await askH2(await openH2(port))).text).toBe('hello')
    expect(() =>
      new LoadBalancer({ log: silentLogger }).attach(createHttp2Server() as never),
    ).toThrow('Expected the server to be a new server of node:http, node:https or node:tls')
  })
})
