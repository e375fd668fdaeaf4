/** Two connections on one pair of sockets, of every kind of socket, and what they heard. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import type { Clock } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { Connection } from '../../src/connection.ts'
import type { ConnectionHandler } from '../../src/connection-handler.ts'
import type { ProtocolError } from '../../src/errors.ts'
import type { Hello, Identity, Load } from '../../src/hello.ts'
import type { RequestHead } from '../../src/message.ts'
import type { ConnectionOptions } from '../../src/options.ts'
import type { ResumeChanges } from '../../src/resume.ts'
import type { Stream } from '../../src/stream.ts'
import type { StreamHandler } from '../../src/stream-handler.ts'
import { memoryPair } from '../../src/testing/memory-pair.ts'
import type { WarmthChanges } from '../../src/warmth.ts'
import { turn } from './fake-socket.ts'
import { Recorder } from './recorder.ts'
import { balancerIdentity, workerIdentity } from './samples.ts'

export { until }

/** Makes two joined sockets: the balancer's and the worker's. */
export type Transport = () => Promise<readonly [Duplex, Duplex]>

async function tcpPair(): Promise<readonly [dialled: Socket, accepted: Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dialled = tcpConnect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(dialled, 'connect')])
  server.close()
  return [dialled, accepted as Socket]
}

/** TLS with a key that both know, which needs no certificates. */
async function tlsPair(): Promise<readonly [dialled: Duplex, accepted: Duplex]> {
  const psk = Buffer.alloc(32, 'k')
  const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const
  const server = createTlsServer({ ...shared, pskCallback: () => psk }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dialled = tlsConnect({
    ...shared,
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  })
  const [[accepted]] = await Promise.all([
    once(server, 'secureConnection'),
    once(dialled, 'secureConnect'),
  ])
  server.close()
  return [dialled, accepted as Duplex]
}

export const transports: Readonly<Record<string, Transport>> = {
  'memory pair': async () => memoryPair(),
  TCP: tcpPair,
  'TCP reversed': async () => {
    const [dialled, accepted] = await tcpPair()
    return [accepted, dialled]
  },
  TLS: tlsPair,
}

/** What one end has heard besides streams. */
export class EndRecorder implements ConnectionHandler {
  readonly hellos: Hello[] = []
  readonly closes: ProtocolError[] = []
  readonly resumes: { changes: ResumeChanges; isWhole: boolean }[] = []
  readonly loads: Load[] = []
  readonly warmths: WarmthChanges[] = []
  readonly requests: {
    stream: Stream
    head: RequestHead
    body: string
    isWhole: boolean
    heard: Recorder
  }[] = []

  /** Replaced by tests that answer. */
  answer: (stream: Stream, head: RequestHead, body: Buffer | undefined, isWhole: boolean) => void =
    () => undefined

  /** Replaced by tests that listen to the rest of a request themselves. */
  listen: (stream: Stream, heard: Recorder) => StreamHandler = (_stream, heard) => heard

  onHello(hello: Hello): void {
    this.hellos.push(hello)
  }

  onRequest(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler {
    const heard = new Recorder()
    this.requests.push({ stream, head, body: body?.toString('latin1') ?? '', isWhole, heard })
    if (body) stream.consumed(body.length)
    this.answer(stream, head, body, isWhole)
    return this.listen(stream, heard)
  }

  onResume(changes: ResumeChanges, isWhole: boolean): void {
    this.resumes.push({ changes, isWhole })
  }

  onLoad(load: Load): void {
    this.loads.push(load)
  }

  onWarmth(changes: WarmthChanges): void {
    this.warmths.push(changes)
  }

  onClose(reason: ProtocolError): void {
    this.closes.push(reason)
  }
}

/** A connection, its socket, and what it has heard. */
export interface End {
  readonly connection: Connection
  readonly socket: Duplex
  readonly heard: EndRecorder
}

export interface EndSettings {
  readonly identity?: Identity
  readonly options?: ConnectionOptions
  readonly clock?: Clock
  readonly handler?: EndRecorder
}

export function openEnd(socket: Duplex, settings: EndSettings & { identity: Identity }): End {
  const heard = settings.handler ?? new EndRecorder()
  const { identity, options, clock } = settings
  return { connection: new Connection(socket, identity, heard, options, clock), socket, heard }
}

export interface Ends {
  readonly balancer: End
  readonly worker: End
}

/** Opens both ends; resolves when both HELLOs have arrived. */
export async function openEnds(
  transport: Transport,
  balancerSettings: EndSettings = {},
  workerSettings: EndSettings = {},
): Promise<Ends> {
  const [left, right] = await transport()
  const balancer = openEnd(left, { identity: balancerIdentity, ...balancerSettings })
  const worker = openEnd(right, { identity: workerIdentity, ...workerSettings })
  await until(() => balancer.heard.hellos.length > 0 && worker.heard.hellos.length > 0)
  return { balancer, worker }
}

/** Lets many turns of the event loop pass, for what must not happen. */
export async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

/** Waits until a socket is closed and everybody has been told. */
export async function gone(socket: Duplex): Promise<void> {
  await until(() => socket.closed)
  await turns(3)
}
