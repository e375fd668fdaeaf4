/** A load balancer whose clients speak TLS, for one test, and clients of HTTP/2. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@resumelb/common'
import { onTestFinished } from 'vitest'
import { CertificateFolder, makeCertificate } from '../../../../test/support/certificates.ts'
import type { EndedRequest, RefusedInput } from '../../src/events.ts'
import { Certificates } from '../../src/listener/tls/certificates.ts'
import { createTlsServer, type TlsServerOptions } from '../../src/listener/tls/server.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { until } from './balancer.ts'
import type { TinyWorker } from './tiny-worker.ts'

/** One for all tests of a file: what it says is of no matter to them. */
const certificate = makeCertificate(['localhost'])

export interface SecureBalanced {
  readonly balancer: LoadBalancer
  readonly server: ReturnType<typeof createTlsServer>
  readonly port: number
  /** Requests that have ended, in that order. */
  readonly ended: EndedRequest[]
  /** What was refused before it was a request. */
  readonly refused: RefusedInput[]
}

/** Starts a load balancer that closes with the test, and waits until it is connected. */
export async function startSecureBalancer(
  workers: readonly TinyWorker[],
  options: LoadBalancerOptions & { readonly server?: TlsServerOptions } = {},
): Promise<SecureBalanced> {
  const { server: serverOptions, ...rest } = options
  const folder = new CertificateFolder()
  onTestFinished(() => folder.remove())
  const certificates = new Certificates([folder.write('test', await certificate)])
  const addresses = workers.map((worker) => worker.address)
  const balancer = new LoadBalancer({
    ...{ pool: 'classless', log: silentLogger, workers: addresses },
    ...rest,
  } as LoadBalancerOptions)
  const ended: EndedRequest[] = []
  const refused: RefusedInput[] = []
  balancer.events.on('requestEnded', (request) => ended.push(request))
  balancer.events.on('inputRefused', (input) => refused.push(input))
  const server = createTlsServer(certificates, serverOptions)
  balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    balancer.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { balancer, server, port: (server.address() as AddressInfo).port, ended, refused }
}

/** A connection of HTTP/2 that ends with the test. */
export async function openH2(
  port: number,
  options: Parameters<typeof connect>[1] = {},
): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, {
    ...{ host: '127.0.0.1', rejectUnauthorized: false },
    ...options,
  } as never)
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve())
    session.once('error', reject)
  })
  return session
}

export interface H2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  /** Statuses of interim responses, with their fields. */
  readonly interim: readonly IncomingHttpHeaders[]
  readonly text: string
  /** The code with which the stream was closed; 0 if it has just ended. */
  readonly code: number
  /** Whether the end of the response has come. */
  readonly isWhole: boolean
}

/** Sends a request, and reads the answer until the stream is closed. */
export function askH2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): Promise<H2Answer> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  const answer = readH2(stream)
  if (body !== undefined) stream.end(body)
  return answer
}

/** Reads the answer until the stream is closed. */
export function readH2(stream: ClientHttp2Stream): Promise<H2Answer> {
  const interim: IncomingHttpHeaders[] = []
  const chunks: Buffer[] = []
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let isWhole = false
  stream.on('headers', (fields) => interim.push(fields))
  stream.on('response', (fields) => {
    headers = fields
  })
  stream.on('trailers', (fields) => {
    trailers = fields
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => undefined)
  stream.on('end', () => {
    isWhole = !stream.aborted && stream.rstCode === 0
  })
  return new Promise((resolve) => {
    stream.on('close', () =>
      resolve({
        ...{ headers, trailers, interim, isWhole },
        status: Number((headers as Record<string, unknown>)[':status'] ?? 0),
        text: Buffer.concat(chunks).toString('latin1'),
        code: stream.rstCode ?? 0,
      }),
    )
  })
}
