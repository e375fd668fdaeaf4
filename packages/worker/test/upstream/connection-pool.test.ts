import { ManualClock } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'
import { rawServer } from './raw-server.ts'

/** A server that answers everything, and how many of its connections are open. */
async function setUp(fields = '') {
  let open = 0
  const server = await rawServer((socket) => {
    open++
    socket.on('close', () => open--)
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`))
  })
  const clock = new ManualClock()
  const upstream = new Upstream(server.url, { log: silentLogger, clock })
  const { balancer } = await serve(upstream.handle)
  const ask = (method: string) => balancer.fetch({ method })
  return { ask, clock, server, upstream, open: () => open }
}

test('a connection is used again', async () => {
  const { ask, server } = await setUp()
  for (const method of ['GET', 'POST', 'POST', 'GET']) await ask(method)
  expect(server.connections()).toBe(1)
})

test('one that was idle for more than a second is used for repeatable requests only', async () => {
  const { ask, clock, server } = await setUp()
  await ask('GET')
  clock.standStill(1_001)
  await ask('GET')
  expect(server.connections()).toBe(1)
  clock.standStill(1_001)
  await ask('POST')
  expect(server.connections()).toBe(2)
})

test('one is closed that was idle for 4 seconds', async () => {
  const { ask, clock, open } = await setUp()
  await ask('GET')
  await clock.advance(3_900)
  expect(open()).toBe(1)
  await clock.advance(1_500)
  await until(() => open() === 0)
})

test.each([
  [10, 8_900, 9_001],
  [2, 900, 1_001],
  [1, 400, 501],
])('one is used for less than the %d s that the server tells', async (seconds, good, late) => {
  const { ask, clock, server } = await setUp(`Keep-Alive: timeout=${seconds}, max=100\r\n`)
  await ask('GET')
  clock.standStill(good)
  await ask('GET')
  expect(server.connections()).toBe(1)
  clock.standStill(late)
  await ask('GET')
  expect(server.connections()).toBe(2)
})

test('idle ones are closed with the upstream', async () => {
  const { ask, upstream, open } = await setUp()
  await ask('GET')
  upstream.close()
  await until(() => open() === 0)
})
