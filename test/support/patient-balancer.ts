/**
 * A load balancer in the process of a test, which has the time that a busy machine needs. For tests
 * of which worker gets a request: one that has no processor for two seconds counts as unresponsive,
 * and its requests go to another.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, silentLogger, systemClock } from '@resumelb/common'
import { until } from '@resumelb/common/testing'
import { LoadBalancer, type LoadBalancerOptions } from '@resumelb/lb'
import { onTestFinished } from 'vitest'
import type { WorkerProcess } from './processes.ts'

/** Milliseconds of the waits that are an hour here: until a hand-over is given up, and a PING. */
const impatient = [10_000, 500]

const patientClock: Clock = {
  now: systemClock.now,
  after: (delay, callback) =>
    systemClock.after(impatient.includes(delay) ? 3_600_000 : delay, callback),
}

export interface PatientBalancer {
  readonly balancer: LoadBalancer
  /** The messages of its log at level info and above. */
  readonly log: readonly string[]
  readonly port: number
}

/** Starts one that closes with the test, and waits until all workers are ready. */
export async function startPatientBalancer(
  workers: readonly WorkerProcess[],
  options: LoadBalancerOptions = {},
): Promise<PatientBalancer> {
  const log: string[] = []
  const note = (_facts: object, message: string) => void log.push(message)
  const balancer = new LoadBalancer({
    workers: workers.map(({ address }) => address),
    log: { ...silentLogger, info: note, warn: note, error: note },
    clock: patientClock,
    ...options,
  })
  const server = createServer(balancer.handleRequest).listen(0, '127.0.0.1')
  onTestFinished(() => {
    balancer.destroy()
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  await until(() => balancer.workers.every(({ isReady }) => isReady))
  return { balancer, log, port: (server.address() as AddressInfo).port }
}
