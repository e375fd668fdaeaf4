/** A worker that is out of service for a time. */
import { ManualClock } from '@resumelb/common/testing'
import { type Load, splitHeaders, withUpgrade } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import type { RequestListener } from '../src/index.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const sessionTime = 20_000
const upgradeTime = 60_000

const answerOk: RequestListener = (_request, response) => void response.end('ok')

const granted =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const asking = { headers: splitHeaders(withUpgrade('X-A\n1', 'websocket')), isOpen: true }

test('it says so, serves what still comes, stays connected, and says when that is over', async () => {
  const { worker, balancer } = await serve(answerOk)
  worker.beginMaintenance()
  await until(() => balancer.loads.at(-1)?.maintenance === true)
  expect([worker.state, balancer.loads.at(-1)?.state]).toEqual(['draining', 'draining'])
  expect((await balancer.fetch()).text).toBe('ok')
  worker.endMaintenance()
  await until(() => balancer.loads.at(-1)?.state === 'ready')
  expect(balancer.loads.at(-1)?.maintenance).toBeUndefined()
  expect((await balancer.fetch()).text).toBe('ok')
})

test('it says so to a load balancer that connects meanwhile', async () => {
  const { worker } = await serve(answerOk)
  worker.beginMaintenance()
  const { hello } = await TestBalancer.connect(worker)
  expect(hello.worker?.load).toMatchObject({ state: 'draining', maintenance: true })
})

test('it takes requests of sessions for a time, if a load balancer keeps sessions', async () => {
  const clock = new ManualClock()
  const { worker } = await serve(answerOk, {}, { clock })
  const keeper = await TestBalancer.connect(worker, { keepsSessions: true })
  await keeper.fetch()
  worker.beginMaintenance({ sessionTime })
  await until(() => keeper.loads.at(-1)?.takesSessions === true)
  await clock.advance(sessionTime)
  await until(() => keeper.loads.at(-1)?.takesSessions === undefined)
  expect(keeper.loads.at(-1)).toMatchObject({ state: 'draining', maintenance: true })
})

test('it ends upgraded connections when their time is over, and leaves others alone', async () => {
  const clock = new ManualClock()
  const { worker, balancer } = await serve(
    () => undefined,
    { upgrade: (_request, socket) => void socket.write(granted) },
    { clock },
  )
  const call = balancer.call(asking)
  await call.head
  const other = balancer.call()
  worker.beginMaintenance({ upgradeTime })
  await clock.advance(upgradeTime - 1)
  expect(worker.upgradedConnections).toBe(1)
  await clock.advance(1)
  expect(await call.reset).toBe('REFUSED')
  expect([worker.upgradedConnections, worker.backlog]).toEqual([0, 1])
  other.stream.reset('CANCELLED')
})

test('its times end with it', async () => {
  const clock = new ManualClock()
  const { worker, balancer } = await serve(
    () => undefined,
    { upgrade: (_request, socket) => void socket.write(granted) },
    { clock },
  )
  await balancer.call(asking).head
  worker.beginMaintenance({ upgradeTime })
  worker.endMaintenance()
  await clock.advance(upgradeTime)
  expect([worker.state, worker.upgradedConnections]).toEqual(['ready', 1])
})

test('a worker that is not ready in maintenance is unready afterwards', async () => {
  const { worker } = await serve(answerOk)
  worker.beginMaintenance()
  worker.setReady(false)
  expect(worker.state).toBe('draining')
  worker.endMaintenance()
  expect(worker.state).toBe('unready')
})

test('draining for good ends it', async () => {
  const { worker, balancer } = await serve(answerOk)
  worker.beginMaintenance()
  void worker.drain()
  worker.endMaintenance()
  const isFinal = ({ state, maintenance }: Load) => state === 'draining' && !maintenance
  await until(() => balancer.loads.some(isFinal))
  expect(worker.state).toBe('draining')
})
