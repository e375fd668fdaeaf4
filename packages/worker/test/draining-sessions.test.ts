/** A draining worker goes on serving sessions for balancers that keep them. */
import { ManualClock } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const sessionTime = 20_000
/** See `drainGrace` in worker.ts. */
const grace = 1_000

async function setUp() {
  const clock = new ManualClock()
  const { worker, balancer } = await serve((_req, res) => res.end('ok'), {}, { clock })
  const keeper = await TestBalancer.connect(worker, { keepsSessions: true })
  // By then the worker has read what it says of itself.
  await keeper.fetch()
  return { clock, worker, balancer, keeper }
}

test('it says so, and serves until the time is over', async () => {
  const { clock, worker, keeper } = await setUp()
  void worker.drain({ sessionTime })
  await until(() => keeper.loads.at(-1)?.state === 'draining')
  expect(keeper.loads.at(-1)?.takesSessions).toBe(true)
  await clock.advance(sessionTime - 1)
  expect((await keeper.fetch()).text).toBe('ok')
})

test('it says when the time is over, and refuses requests a second later', async () => {
  const { clock, worker, balancer, keeper } = await setUp()
  void worker.drain({ sessionTime })
  await clock.advance(sessionTime)
  await until(() => keeper.loads.at(-1)?.takesSessions === undefined)
  expect(keeper.loads.at(-1)?.state).toBe('draining')
  expect((await keeper.fetch()).text).toBe('ok')
  await clock.advance(grace)
  await expect(keeper.fetch()).rejects.toThrow('reset: REFUSED')
  await expect(balancer.fetch()).rejects.toThrow('reset: REFUSED')
})

test('it is done when the last balancer has gone, however much time is left', async () => {
  const { worker, balancer, keeper } = await setUp()
  const drained = worker.drain({ sessionTime })
  balancer.connection.close()
  keeper.connection.close()
  await drained
})

test('it does not without such a balancer, or without a time', async () => {
  const clock = new ManualClock()
  const { worker, balancer } = await serve((_req, res) => res.end('ok'), {}, { clock })
  void worker.drain({ sessionTime })
  await until(() => balancer.loads.at(-1)?.state === 'draining')
  expect(balancer.loads.at(-1)?.takesSessions).toBeUndefined()
  await clock.advance(grace)
  await expect(balancer.fetch()).rejects.toThrow('reset: REFUSED')

  const other = await setUp()
  void other.worker.drain()
  await until(() => other.keeper.loads.at(-1)?.state === 'draining')
  expect(other.keeper.loads.at(-1)?.takesSessions).toBeUndefined()
})
