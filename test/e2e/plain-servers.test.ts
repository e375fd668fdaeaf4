/** The command in front of plain HTTP servers: what it does for workers, it does for them. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess } from '../support/processes.ts'

const ends: (() => unknown)[] = []

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const names = ['one', 'two', 'spare'] as const

let balancer: CommandProcess
let port = 0

beforeAll(async () => {
  const urls: string[] = []
  for (const name of names) urls.push(await listen(createServer((_, res) => res.end(name))))
  const [one, two, spare] = urls
  balancer = new CommandProcess(
    'packages/lb/bin/resumelb.js',
    [
      ...['-a', '127.0.0.1:0', '-l', '', '-LINFO', '--pool', 'round-robin', '--sticky', 'worker'],
      ...['--health-url', '/health', '--health-interval', '20'],
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
