import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, systemClock } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import type { Logger } from '../src/index.ts'
import { abandonedPatience } from '../src/task.ts'
import { serve, until } from './support/setup.ts'

/** Uses the processor for so many milliseconds. */
function burn(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** An asynchronous handler whose promises the test resolves. */
function pending() {
  const running: { readonly url: string; readonly settle: () => void }[] = []
  const handler = (request: IncomingMessage, _response: ServerResponse) =>
    new Promise<void>((resolve) => running.push({ url: request.url ?? '', settle: resolve }))
  return { running, handler }
}

describe('waiting requests', () => {
  test('that answer at once do not overflow the stack', async () => {
    const held: ServerResponse[] = []
    const { worker, balancer } = await serve(
      (req, res) => {
        if (req.url === '/first') held.push(res)
        else res.end('ok')
      },
      { concurrency: 1 },
    )
    balancer.call({ url: '/first' })
    const calls = Array.from({ length: 6000 }, () => balancer.call())
    await until(() => worker.backlog === 6001)
    held[0]?.end()
    const answers = await Promise.all(calls.map(({ answer }) => answer))
    expect(answers.every(({ text }) => text === 'ok')).toBe(true)
  })

  test('that are given up leave the line', async () => {
    const { running, handler } = pending()
    const { worker, balancer } = await serve(handler, { concurrency: 1 })
    balancer.call({ url: '/first' })
    await until(() => running.length === 1)
    for (let i = 0; i < 5000; i++) balancer.call().stream.reset('CANCELLED')
    balancer.call({ url: '/last' })
    await until(() => worker.backlog === 2)
    running[0]?.settle()
    balancer.connection.close()
    await until(() => worker.backlog === 0)
  })
})

describe('requests that wait behind one that hangs', () => {
  test.each([
    ['BLOCKED', 'other', 'another class'],
    ['SELF_BLOCKED', 'hangs', 'their own class'],
  ])('are given back as %s if they may be moved: %s behind %s', async (code, requestClass) => {
    const clock = new ManualClock()
    const { worker, balancer } = await serve(() => undefined, { concurrency: 1 }, { clock })
    balancer.call({ requestClass: 'hangs' })
    const movable = balancer.call({ requestClass, isMovable: true })
    balancer.call({ requestClass })
    await until(() => worker.backlog === 3)
    await clock.advance(2_000)
    expect(await movable.reset).toBe(code)
    expect(worker.backlog).toBe(2)
  })
})

test('answers leave between handlers that take long', async () => {
  const { balancer } = await serve((_req, res) => {
    burn(20)
    res.end('ok')
  })
  let begun = 0
  const finished: number[] = []
  const calls = Array.from({ length: 20 }, () => {
    begun++
    return balancer.call().answer.then(() => finished.push(performance.now()))
  })
  await Promise.all(calls)
  // In one turn all answers would come together.
  const apart = (finished.at(-1) ?? 0) - (finished[0] ?? 0)
  expect([begun, apart > 200]).toEqual([20, true])
})

describe('a handler that goes on when its client has left', () => {
  test('keeps its slot until its promise settles', async () => {
    const { running, handler } = pending()
    const { worker, balancer } = await serve(handler, { concurrency: 1 })
    const first = balancer.call({ url: '/1' })
    await until(() => running.length === 1)
    first.stream.reset('CANCELLED')
    await until(() => worker.backlog === 0)
    balancer.call({ url: '/2' })
    await until(() => worker.backlog === 1)
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    expect(running.length).toBe(1)
    running[0]?.settle()
    await until(() => running.length === 2)
  })

  test('keeps it until it ends its response, if that comes first', async () => {
    const responses: ServerResponse[] = []
    const { worker, balancer } = await serve(
      (_req, res) => {
        responses.push(res)
        return new Promise(() => undefined)
      },
      { concurrency: 1 },
    )
    const first = balancer.call()
    await until(() => responses.length === 1)
    first.stream.reset('CANCELLED')
    await until(() => worker.backlog === 0)
    balancer.call()
    await until(() => worker.backlog === 1)
    expect(responses.length).toBe(1)
    responses[0]?.end('late')
    await until(() => responses.length === 2)
  })

  test('loses it in the end, if it never settles', async () => {
    const alarms: (() => void)[] = []
    const after: Clock['after'] = (delay, callback) => {
      if (delay !== abandonedPatience) return systemClock.after(delay, callback)
      alarms.push(callback)
      return () => undefined
    }
    const { running, handler } = pending()
    const clock = { now: systemClock.now, after }
    const { worker, balancer } = await serve(handler, { concurrency: 1 }, { clock })
    const first = balancer.call()
    await until(() => running.length === 1)
    first.stream.reset('CANCELLED')
    await until(() => worker.backlog === 0)
    balancer.call()
    await until(() => worker.backlog === 1)
    expect([running.length, alarms.length]).toEqual([1, 1])
    alarms[0]?.()
    await until(() => running.length === 2)
    // What comes too late frees no second slot.
    running[0]?.settle()
    balancer.call()
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    expect(running.length).toBe(2)
  })
})

test('the résumé is published after `history` requests, however little time has passed', async () => {
  const clock = new ManualClock()
  const { balancer } = await serve((_req, res) => res.end(), { history: 5 }, { clock })
  // The first request is published at once: nothing was told before.
  for (let i = 0; i < 6; i++) await balancer.fetch({ requestClass: `class-${i}` })
  await until(() => balancer.changes.length === 2)
  expect([...(balancer.changes[1]?.keys() ?? [])]).toEqual([1, 2, 3, 4, 5].map((i) => `class-${i}`))
  balancer.connection.destroy()
})

test('an error of the application is logged with its request', async () => {
  const lines: unknown[] = []
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (facts, message) => lines.push([message, facts['method'], facts['url'], facts['err']]),
  }
  const error = new Error('boom')
  const { balancer } = await serve(
    () => {
      throw error
    },
    {},
    { log },
  )
  await balancer.fetch({ url: '/broken' })
  expect(lines).toEqual([['handler failed', 'GET', '/broken', error]])
})
