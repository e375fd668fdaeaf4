/** Free ports, and waiting until something answers on one. All of it on the loopback interface. */
import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { getResume } from '@resumelb/worker'

export const host = '127.0.0.1'
const pollMs = 20
/** Milliseconds that a process has to start, on a busy machine too. */
const startLimitMs = 20_000

/** Ports that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** Resolves when the port takes connections. */
export function untilListening(port: number): Promise<void> {
  return until(`nothing listens on port ${port}`, () => accepts(port))
}

/** Resolves when a request gets through to a worker and back. */
export function untilServing(port: number): Promise<void> {
  return until(`nothing answers on port ${port}`, () => answers(port))
}

/** Resolves when a worker of resumelb has warmed up. */
export function untilReady(port: number): Promise<void> {
  return until(`the worker on port ${port} is not ready`, async () => {
    const { load } = await getResume(`${host}:${port}`)
    return load.state === 'ready'
  })
}

async function until(complaint: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startLimitMs
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new Error(`${complaint} within ${startLimitMs / 1000} s`)
    }
    await wait(pollMs)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Under resumelb this path is not served: a 404 comes from a worker just as well.
    const asked = request({ host, port, path: '/health', agent: false, timeout: 1000 })
    asked.once('response', (response) => {
      response.resume()
      resolve((response.statusCode ?? 500) < 500)
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve(false))
    asked.end()
  })
}
