/** The command in front of plain HTTP servers: what it does for workers, it does for them. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { CertificateFolder, makeCertificate } from '../support/certificates.ts'
import { ask } from '../support/clients.ts'
import { CommandProcess } from '../support/processes.ts'

const ends: (() => unknown)[] = []

async function listen(server: Server, scheme = 'http'): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Statuses of the health checks of each server. */
const health = { one: 200, two: 200, spare: 200 }
type Name = keyof typeof health
let checks = 0

const listenerOf =
  (name: Name): RequestListener =>
  (request, response) => {
    if (request.url === '/health') {
      checks++
      response.statusCode = health[name]
    }
    response.end(name)
  }

let balancer: CommandProcess
let port = 0
const servers = { one: createServer(), two: createServer(), spare: createServer() }

beforeAll(async () => {
  const urls: string[] = []
  for (const name of ['one', 'two', 'spare'] as const) {
    const server = servers[name].on('request', listenerOf(name))
    const sockets = new WebSocketServer({ server, path: '/echo' })
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
    urls.push(await listen(server))
  }
  const [one, two, spare] = urls
  balancer = new CommandProcess(
    'packages/lb/bin/resumelb.js',
    [
      ...['-a', '127.0.0.1:0', '-l', '', '-LINFO', '--pool', 'round-robin', '--sticky', 'worker'],
      ...['--health-url', '/health', '--health-interval', '0.4'],
      ...['--health-rise', '3', '--health-fall', '3', '--drain-timeout', '20'],
      ...['--upgrade-drain-timeout', '0.2'],
      ...[`${one}`, `capacity=2,${two}`, `standby=${spare}`],
    ],
    {},
    (end) => ends.push(end),
  )
  port = Number((await balancer.address()).split(':').pop())
  const up = () => balancer.stderr.split('worker is healthy').length - 1
  await until(
    () => up() === 3,
    () => balancer.stderr,
  )
})

afterAll(async () => {
  for (const end of ends) await end()
})

async function shares(requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < requests; i++) {
    const { text } = await ask(port, '/')
    counts[text] = (counts[text] ?? 0) + 1
  }
  return counts
}

async function says(message: string, count: number): Promise<void> {
  const found = () => balancer.stderr.split(message).length - 1
  await until(
    () => found() >= count,
    () => balancer.stderr,
  )
}

test('a server of capacity 2 gets twice as much, and one on standby nothing', async () => {
  expect(await shares(30)).toEqual({ one: 10, two: 20 })
})

test('a client stays with the server that its cookie names', async () => {
  const first = await ask(port, '/')
  const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
  expect(cookie).toMatch(/^worker=/)
  for (let i = 0; i < 6; i++) {
    const { text, headers } = await ask(port, '/', { headers: { Cookie: cookie } })
    expect([text, headers['set-cookie']]).toEqual([first.text, undefined])
  }
})

test('the one on standby serves while the others fail their checks, after as many as asked for', async () => {
  const before = balancer.stderr.split('worker is unhealthy').length - 1
  health.one = 500
  const from = checks
  // Two failures of one server are not three.
  await until(() => checks >= from + 3)
  await says('worker is unhealthy', before + 1)
  expect(await shares(4)).toEqual({ two: 4 })
  health.two = 503
  await says('worker is unhealthy', before + 2)
  expect(await shares(4)).toEqual({ spare: 4 })
  const healthyBefore = balancer.stderr.split('worker is healthy').length - 1
  health.one = 204
  health.two = 200
  await says('worker is healthy', healthyBefore + 2)
  expect((await shares(6))['spare']).toBeUndefined()
})

test('https:// servers are verified: an authority of the operator comes from NODE_EXTRA_CA_CERTS', async () => {
  const folder = new CertificateFolder()
  onTestFinished(() => folder.remove())
  const { cert, key } = await makeCertificate(['localhost'])
  const url = await listen(
    createSecureServer({ cert, key }, (_request, response) => response.end('secure')),
    'https',
  )
  const words = ['-a', '127.0.0.1:0', '-l', '', '-LINFO', url]
  const bin = 'packages/lb/bin/resumelb.js'
  const { cert: file } = folder.write('authority', { cert, key })
  const trusting = new CommandProcess(bin, words, { NODE_EXTRA_CA_CERTS: file })
  const doubting = new CommandProcess(bin, ['--wait-timeout', '0.3', ...words])
  const portOf = async (process: CommandProcess) =>
    Number((await process.address()).split(':').pop())
  expect((await ask(await portOf(trusting), '/')).text).toBe('secure')
  expect((await ask(await portOf(doubting), '/')).status).toBe(503)
  await until(() => doubting.stderr.includes('self-signed certificate'))
})

test('a WebSocket ends with 1001 when the load balancer stops, and the exit status is 0', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`)
  await once(socket, 'open')
  socket.send('hello')
  const [data] = await once(socket, 'message')
  expect(String(data)).toBe('hello')
  const closed = once(socket, 'close')
  expect(await balancer.stop()).toBe(0)
  expect((await closed)[0]).toBe(1001)
})
