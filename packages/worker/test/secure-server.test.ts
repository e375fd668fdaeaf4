/** A worker that speaks TLS: who gets its résumé, and what both sides are told. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { type Address, type Logger, silentLogger, type TcpAddress } from '@resumelb/common'
import { type DialTls, PeerCertificates } from '@resumelb/protocol'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  CertificateFolder,
  makeCertificate,
  type TestCertificate,
} from '../../../test/support/certificates.ts'
import { getResume, Worker, type WorkerOptions } from '../src/index.ts'
import { until } from './support/setup.ts'

const folder = new CertificateFolder()

/** Certificates in the folder: NAME.pem, NAME.key. */
type Name = 'ca' | 'worker' | 'balancer' | 'otherCa' | 'ofOtherCa' | 'expired'

const made = {} as Record<Name, TestCertificate>

beforeAll(async () => {
  made.ca = await makeCertificate(['ca'])
  made.otherCa = await makeCertificate(['other ca'])
  made.worker = await makeCertificate(['worker.internal'], { ca: made.ca })
  made.balancer = await makeCertificate(['balancer.internal'], { ca: made.ca })
  made.ofOtherCa = await makeCertificate(['worker.internal'], { ca: made.otherCa })
  made.expired = await makeCertificate(['worker.internal'], { ca: made.ca, days: -1 })
  for (const [name, certificate] of Object.entries(made)) folder.write(name, certificate)
})

afterAll(() => folder.remove())

function certificates(name: Name, ca: Name = 'ca'): PeerCertificates {
  const [cert, key] = [folder.file(`${name}.pem`), folder.file(`${name}.key`)]
  return new PeerCertificates({ ca: folder.file(`${ca}.pem`), cert, key })
}

const tlsOf = (name: Name, ca?: Name): DialTls => ({ certificates: certificates(name, ca) })

interface Line {
  readonly message: string
  readonly reason: unknown
}

async function listen(
  options: WorkerOptions = { tls: certificates('worker') },
  address?: Address,
): Promise<{ worker: Worker; lines: Line[] }> {
  const lines: Line[] = []
  const warn: Logger['warn'] = (facts, message) =>
    void lines.push({ message, reason: facts['reason'] })
  const worker = new Worker(() => undefined, options, { log: { ...silentLogger, warn } })
  await worker.listen(address)
  onTestFinished(() => worker.close())
  return { worker, lines }
}

/** All that comes before the other end closes. */
async function read(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

describe('a worker with certificates', () => {
  test('gives its résumé to a client with one of the same authority', async () => {
    const { worker } = await listen()
    await expect(getResume(worker.address, 5_000, tlsOf('balancer'))).resolves.toMatchObject({
      load: { state: 'ready' },
    })
  })

  test('does so at a unix socket, too', async () => {
    const path = await mkdtemp(join(tmpdir(), 'resumelb-secure-'))
    onTestFinished(() => rm(path, { recursive: true, force: true }))
    const address = { path: join(path, 'worker.sock') }
    await listen({ tls: certificates('worker') }, address)
    const tls = { ...tlsOf('balancer'), name: 'worker.internal' }
    await expect(getResume(address, 5_000, tls)).resolves.toMatchObject({ version: '' })
  })

  test('gives nothing to a client without one', async () => {
    const { worker, lines } = await listen()
    const { port } = worker.address as TcpAddress
    const socket = connectTls({ port, host: '127.0.0.1', ca: made.ca.cert })
    expect(await read(socket)).toBe('')
    await until(() => lines.length > 0)
    expect(lines).toEqual([
      { message: 'connection of an unidentified client ended', reason: 'it has no certificate' },
    ])
  })

  test('gives nothing to a client with one of another authority', async () => {
    const { worker, lines } = await listen()
    const { port } = worker.address as TcpAddress
    const { cert, key } = made.ofOtherCa
    const socket = connectTls({ port, host: '127.0.0.1', ca: made.ca.cert, cert, key })
    expect(await read(socket)).toBe('')
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([
      { reason: expect.stringMatching(/^certificate refused: [A-Z_]+$/) },
    ])
  })

  test('gives nothing to a client with an expired one', async () => {
    const { worker, lines } = await listen()
    const asked = getResume(worker.address, 5_000, tlsOf('expired'))
    await expect(asked).rejects.toMatchObject({ code: 'DISCONNECTED' })
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([{ reason: 'certificate refused: CERT_HAS_EXPIRED' }])
  })

  test('gives nothing to a client that does not speak TLS', async () => {
    const { worker, lines } = await listen()
    const socket = connect(worker.address as TcpAddress)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await read(socket)).toBe('')
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([{ reason: 'it does not speak TLS' }])
  })

  test('closes connections that send nothing', async () => {
    const { worker, lines } = await listen({
      tls: certificates('worker'),
      connection: { helloTimeout: 50 },
    })
    expect(await read(connect(worker.address as TcpAddress))).toBe('')
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([{ reason: expect.stringContaining('handshake timeout') }])
  })

  test('breaks off the oldest of too many handshakes', async () => {
    const { worker } = await listen()
    const sockets = Array.from({ length: 65 }, () => connect(worker.address as TcpAddress))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    const [oldest, ...others] = sockets as [Socket, ...Socket[]]
    for (const socket of others) socket.on('error', () => undefined)
    expect(await read(oldest)).toBe('')
    await expect(getResume(worker.address, 5_000, tlsOf('balancer'))).resolves.toBeDefined()
  })

  test('uses new certificates for new connections', async () => {
    const own = certificates('worker')
    const { worker } = await listen({ tls: own })
    const asked = () => getResume(worker.address, 5_000, tlsOf('balancer', 'otherCa'))
    await expect(asked()).rejects.toMatchObject({ code: 'TLS_FAILED' })
    const { port } = worker.address as TcpAddress
    const old = connectTls({ port, host: '127.0.0.1', ...made.balancer, ca: made.ca.cert })
    await once(old, 'secureConnect')
    onTestFinished(() => void old.destroy())
    folder.write('worker', made.ofOtherCa)
    onTestFinished(() => void folder.write('worker', made.worker))
    expect(own.reload()).toBe(true)
    expect(own.reload()).toBe(false)
    await expect(asked()).resolves.toBeDefined()
    expect(old.destroyed).toBe(false)
  })

  test('keeps its certificates if new ones are no good', async () => {
    const own = certificates('worker')
    const { worker } = await listen({ tls: own })
    folder.write('worker', { cert: 'nothing', key: 'nothing' })
    onTestFinished(() => void folder.write('worker', made.worker))
    expect(own.reload()).toBe(false)
    await expect(getResume(worker.address, 5_000, tlsOf('balancer'))).resolves.toBeDefined()
  })
})

describe('a client that asks for a résumé by TLS', () => {
  test('refuses a worker with a certificate of another authority', async () => {
    const { worker, lines } = await listen({ tls: certificates('ofOtherCa') })
    const { port } = worker.address as TcpAddress
    await expect(getResume(worker.address, 5_000, tlsOf('balancer'))).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining(`certificate of 127.0.0.1:${port} refused: `),
    })
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([
      { reason: expect.stringContaining('does it trust our certificate?') },
    ])
  })

  test('refuses a worker whose certificate has another name', async () => {
    const { worker } = await listen()
    const tls = { ...tlsOf('balancer'), name: 'other.internal' }
    await expect(getResume(worker.address, 5_000, tls)).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining("does not match certificate's altnames"),
    })
    const named = { ...tls, name: 'worker.internal' }
    await expect(getResume(worker.address, 5_000, named)).resolves.toBeDefined()
  })

  test('says that a worker does not speak TLS', async () => {
    const { worker, lines } = await listen({})
    const { port } = worker.address as TcpAddress
    await expect(getResume(worker.address, 5_000, tlsOf('balancer'))).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: `127.0.0.1:${port} does not speak TLS`,
    })
    await until(() => lines.length > 0)
    expect(lines).toMatchObject([{ reason: expect.stringContaining('it speaks TLS') }])
  })

  test('gets nothing without TLS from a worker that speaks it', async () => {
    const { worker } = await listen()
    await expect(getResume(worker.address)).rejects.toMatchObject({ code: 'DISCONNECTED' })
  })
})
