/** What the benchmarks of the road send over it. */
import type { Report, StreamHandler } from '@resumelb/protocol'

/** What a load balancer says of a request besides its target and its fields. */
export const requestFacts = {
  method: 'GET',
  requestClass: 'tenant-1.example.com',
  remoteAddress: '127.0.0.1',
  remotePort: 54321,
  encrypted: false,
  httpVersion: '1.1',
} as const

/** What a worker tells with the end of a response. */
export const report: Report = {
  seconds: 0.0123,
  skill: { score: 81.3, seconds: 0.0119, count: 17.2, rate: 3.4 },
  others: { requests: 2, seconds: 0.024 },
}

/** Header fields of that many characters each. */
export function sampleFields(count: number, valueLength: number): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`X-Field-${i}`, 'v'.repeat(valueLength)])
}

/** Wants to hear nothing more of a stream. */
export const ignore: StreamHandler = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}
