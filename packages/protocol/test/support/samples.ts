/** Heads, greetings and the like that tests send about. */
import type { Hello, Identity, WorkerHello } from '../../src/hello.ts'
import type { Report, RequestHead, ResponseHead } from '../../src/message.ts'
import { pack, unpack } from '../../src/packed.ts'
import type { Skill } from '../../src/resume.ts'

export const requestHead: RequestHead = {
  method: 'GET',
  url: '/path?query=1',
  headers: 'Host\na.example\nAccept\n*/*',
  requestClass: 'a.example',
  id: 'lb-1.1',
  remoteAddress: '192.0.2.7',
  remotePort: 50_123,
  encrypted: true,
  httpVersion: '1.1',
}

export const responseHead: ResponseHead = {
  status: 200,
  reason: '',
  headers: 'Content-Type\ntext/plain',
}

export const skill: Skill = { score: 50, seconds: 0.02, count: 3, rate: 0.5 }

export const report: Report = { seconds: 0.25, others: { requests: 2, seconds: 0.5 }, skill }

export const workerHello: WorkerHello = {
  description: 'search',
  version: '7',
  load: { state: 'ready', concurrency: 4, requests: 0, eventLoopDelay: 0.5 },
  resume: new Map([['a.example', skill]]),
}

export const balancerIdentity: Identity = { role: 'balancer', software: 'test', id: 'lb-1' }

export const workerIdentity: Identity = {
  role: 'worker',
  software: 'test',
  id: 'w-1',
  worker: workerHello,
}

export const limits: Hello['limits'] = { window: 65_536, maxStreams: 16_384 }

/** What the peer reads when this is packed. */
export function overWire(value: unknown): unknown {
  const bytes = pack(value)
  return unpack(bytes, 0, bytes.length)
}

/** A résumé of `count` classes with long names. */
export function longResume(count: number): Map<string, Skill> {
  const entries = Array.from({ length: count }, (_, i): [string, Skill] => [
    `tenant-${i}-${'x'.repeat(100)}.example`,
    { score: i + 1, seconds: 0.01, count: i, rate: 0 },
  ])
  return new Map(entries)
}
