/** A worker that hands its classes over, and one that gets them: real sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ManualClock } from '@resumelb/common/testing'
import type { HandedClass } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { piecesOf } from '../../src/warm-up/leaving.ts'
import { TestBalancer } from '../support/balancer.ts'
import { serve, until } from '../support/setup.ts'

const ok = (_req: IncomingMessage, res: ServerResponse) => void res.end('ok')
const replay = { warmUp: 'replay' } as const
const requests = [{ method: 'GET', url: '/a', headers: 'Host\na.example', encrypted: false }]
const handed: HandedClass = { requestClass: 'a', seconds: 0.5, requests }
const hours = 3_600_000
const knows = { handsOver: true }

/** Has no classes for the worker, which joins. */
async function refuseClasses(balancer: TestBalancer): Promise<void> {
  await until(() => balancer.handOvers.length > 0)
  expect(balancer.handOvers.splice(0)).toEqual([{ step: 'joining' }])
  balancer.connection.sendHandOver({ step: 'done' })
  await until(() => balancer.loads.at(-1)?.state === 'ready')
}

/** A worker that has served class `a`, with two load balancers that know hand-overs. */
async function setUp() {
  const { worker, balancer: old } = await serve(ok, replay)
  const first = await TestBalancer.connect(worker, { handsOver: true })
  const second = await TestBalancer.connect(worker, { handsOver: true })
  await refuseClasses(first)
  for (let i = 0; i < 3; i++) await first.fetch({ requestClass: 'a', url: '/a' })
  return { worker, old, first, second }
}

describe('a worker that is about to leave', () => {
  test('names its classes, and one load balancer gets their requests and plans', async () => {
    const { worker, old, first, second } = await setUp()
    const over = worker.handOver(hours)
    await until(() => first.handOvers.length > 0 && second.handOvers.length > 0)
    const classes = [{ ...handed, seconds: expect.any(Number) }]
    expect(first.handOvers).toEqual([
      {
        step: 'leaving',
        plans: true,
        goesOn: false,
        classes: [expect.objectContaining({ requestClass: 'a' })],
      },
    ])
    expect(first.handOvers[0]).toMatchObject({ classes: [{ requests: [{ url: '/a' }] }] })
    expect(second.handOvers[0]).toMatchObject({
      plans: false,
      classes: classes.map((each) => ({ ...each, requests: [] })),
    })
    expect([worker.state, old.handOvers]).toEqual(['ready', []])
    expect((await first.fetch({ requestClass: 'a' })).text).toBe('ok')
    first.connection.sendHandOver({ step: 'done' })
    await over
  })

  test('lets the load balancer with the least id plan, whichever came first', async () => {
    const { worker, first } = await setUp()
    const least = await TestBalancer.connect(worker, { handsOver: true, id: '!' })
    await first.fetch({ requestClass: 'a' })
    const over = worker.handOver(hours)
    await until(() => first.handOvers.length > 0 && least.handOvers.length > 0)
    expect([first, least].map(({ handOvers: [step] }) => step)).toMatchObject([
      { plans: false },
      { plans: true },
    ])
    least.connection.sendHandOver({ step: 'done' })
    await over
  })

  test('lets another load balancer plan if it loses the one that does', async () => {
    const { worker, first, second } = await setUp()
    const over = worker.handOver(hours)
    await until(() => first.handOvers.length > 0 && second.handOvers.length > 0)
    first.connection.destroy()
    await until(() => second.handOvers.length === 2)
    expect(second.handOvers[1]).toMatchObject({ plans: true, classes: [{ requests: [{}] }] })
    second.connection.sendHandOver({ step: 'done' })
    await over
  })

  test('does not wait if it loses all load balancers', async () => {
    const { worker, first, second } = await setUp()
    const over = worker.handOver(hours)
    await until(() => first.handOvers.length > 0 && second.handOvers.length > 0)
    for (const { connection } of [second, first]) connection.destroy()
    await over
  })

  test('names its classes to a load balancer that connects meanwhile', async () => {
    const { worker, first } = await setUp()
    const over = worker.handOver(hours)
    const third = await TestBalancer.connect(worker, { handsOver: true })
    await until(() => third.handOvers.length > 0)
    expect(third.handOvers[0]).toMatchObject({ plans: false, classes: [{ requestClass: 'a' }] })
    first.connection.sendHandOver({ step: 'done' })
    await over
  })

  test('does not wait longer than it has time', async () => {
    const { worker } = await setUp()
    await worker.handOver(20)
  })

  test.each([
    ['no load balancer knows hand-overs', replay, {}],
    ['it does not warm up', {}, knows],
    ['it has served nothing twice', replay, knows],
  ])('does not wait if %s', async (_reason, options, says) => {
    const { worker } = await serve(ok, options)
    const balancer = await TestBalancer.connect(worker, says)
    if (options === replay && says === knows) await refuseClasses(balancer)
    await balancer.fetch({ requestClass: 'a' })
    await worker.handOver(hours)
    expect(balancer.handOvers).toEqual([])
  })
})

describe('a worker that a load balancer asks for its classes', () => {
  test('offers all that it has served, or those of the names', async () => {
    const { first } = await setUp()
    for (const classes of [[], ['b'], ['a', 'b']]) {
      first.connection.sendHandOver({ step: 'ask', classes })
    }
    await until(() => first.handOvers.length === 3)
    const offered = first.handOvers.map((each) => {
      return [
        each.step,
        'classes' in each && each.classes.map((one) => (one as HandedClass).requestClass),
      ]
    })
    expect(offered).toEqual([
      ['offer', ['a']],
      ['offer', []],
      ['offer', ['a']],
    ])
  })

  test('lets one of several plan that send it nothing more', async () => {
    const { first, second } = await setUp()
    const ask = { step: 'ask', classes: [], releases: true } as const
    first.connection.sendHandOver(ask)
    await until(() => first.handOvers.length === 1)
    second.connection.sendHandOver(ask)
    await until(() => second.handOvers.length === 1)
    const [one, other] = [first.handOvers[0], second.handOvers[0]]
    expect(one).toMatchObject({ step: 'leaving', plans: true, classes: [{ requests: [{}] }] })
    expect(other).toMatchObject({ step: 'leaving', plans: false, classes: [{ requests: [] }] })
  })

  test('lets another one plan when the first has ended that', async () => {
    const { first, second } = await setUp()
    const ask = { step: 'ask', classes: [], releases: true } as const
    first.connection.sendHandOver(ask)
    await until(() => first.handOvers.length === 1)
    first.connection.sendHandOver({ step: 'released' })
    // Answers show that the worker has seen what was sent before.
    first.connection.sendHandOver({ step: 'ask', classes: ['a'] })
    await until(() => first.handOvers.length === 2)
    second.connection.sendHandOver(ask)
    await until(() => second.handOvers.length === 1)
    expect(second.handOvers[0]).toMatchObject({ step: 'leaving', plans: true })
  })
})

describe('a worker that has started without classes', () => {
  const others = ['b', 'c'].map((requestClass) => ({ ...handed, requestClass }))

  test('takes no requests until it is warm for those that a load balancer gives it', async () => {
    const { worker } = await serve(ok, replay)
    const balancer = await TestBalancer.connect(worker, knows)
    await until(() => balancer.handOvers.length > 0)
    expect(balancer.handOvers).toEqual([{ step: 'joining' }])
    expect(balancer.loads.at(-1)).toMatchObject({ state: 'warming', warmUp: { done: 0 } })
    const { connection } = balancer
    for (const each of others) connection.sendHandOver({ step: 'prepare', handed: each })
    await until(() => worker.resume.size === 2)
    expect(worker.state).toBe('warming')
    connection.sendHandOver({ step: 'done' })
    await until(() => balancer.loads.at(-1)?.state === 'ready')
    // The skills are known before the state.
    expect(balancer.changes.flatMap((changes) => [...changes.keys()]).sort()).toEqual(['b', 'c'])
  })

  test('asks another load balancer if it loses the one that it has asked', async () => {
    const { worker } = await serve(ok, replay)
    const first = await TestBalancer.connect(worker, knows)
    const second = await TestBalancer.connect(worker, knows)
    await until(() => first.handOvers.length > 0)
    expect(second.handOvers).toEqual([])
    first.connection.destroy()
    await refuseClasses(second)
  })

  test.each([
    ['loses all load balancers', (balancer: TestBalancer) => balancer.connection.destroy()],
    ['has waited for its whole time', () => undefined],
  ])('takes requests if it %s', async (_what, end) => {
    const { worker } = await serve(ok, { ...replay, warmUpTimeout: 200 })
    const balancer = await TestBalancer.connect(worker, knows)
    await until(() => balancer.handOvers.length > 0)
    end(balancer)
    await until(() => worker.state === 'ready')
  })
})

describe('a worker that is about to be in maintenance', () => {
  test('hands its classes over first', async () => {
    const { worker, first } = await setUp()
    worker.beginMaintenance({ handOverTime: hours })
    await until(() => first.handOvers.length > 0)
    expect([worker.state, first.handOvers[0]?.step]).toEqual(['ready', 'leaving'])
    first.connection.sendHandOver({ step: 'done' })
    await until(() => worker.state === 'draining')
    worker.endMaintenance()
    expect(worker.state).toBe('ready')
  })

  test('stays if the maintenance ends before', async () => {
    const { worker, first, second } = await setUp()
    worker.beginMaintenance({ handOverTime: hours })
    worker.endMaintenance()
    await until(() => first.handOvers.length === 2 && second.handOvers.length === 2)
    expect([first.handOvers[1], worker.state]).toEqual([{ step: 'staying' }, 'ready'])
    worker.beginMaintenance()
    expect(worker.state).toBe('draining')
  })
})

describe('a worker that another one hands a class over to', () => {
  test('says that it knows hand-overs only if it warms up', async () => {
    expect((await serve(ok, replay)).balancer.hello.handsOver).toBe(true)
    expect((await serve(ok)).balancer.hello.handsOver).toBeUndefined()
  })

  test('runs its requests, and then reports the skill of the one that leaves', async () => {
    const asked: string[] = []
    const { balancer } = await serve((req, res) => {
      asked.push(`${req.headers.host} ${req.url}`)
      res.end()
    }, replay)
    balancer.connection.sendHandOver({ step: 'prepare', handed })
    await until(() => balancer.changes.some((changes) => changes.has('a')))
    expect(asked).toEqual(['a.example /a'])
    expect(balancer.changes.at(-1)?.get('a')).toMatchObject({ seconds: 0.5, count: 1 })
  })

  test('reports no skill any more when it is to forget the class', async () => {
    const { worker, balancer } = await serve(ok, replay)
    await balancer.fetch({ requestClass: 'a' })
    balancer.connection.sendHandOver({ step: 'forget', classes: ['a', 'b'] })
    await until(() => balancer.changes.some((changes) => changes.get('a') === null))
    expect(worker.resume.size).toBe(0)
  })

  test('reports at once what it is warm for, and what it has forgotten', async () => {
    // Time stands still: reports that come once a second do not come.
    const { balancer } = await serve(ok, replay, { clock: new ManualClock() })
    for (const requestClass of ['a', 'b']) {
      balancer.connection.sendHandOver({ step: 'prepare', handed: { ...handed, requestClass } })
      await until(() => balancer.changes.some((changes) => changes.has(requestClass)))
    }
    balancer.connection.sendHandOver({ step: 'forget', classes: ['a'] })
    await until(() => balancer.changes.some((changes) => changes.get('a') === null))
  })

  test('does not learn the class again from requests that it has when it is to forget it', async () => {
    const held: ServerResponse[] = []
    const { worker, balancer } = await serve((_req, res) => void held.push(res), replay)
    const [first, second] = [1, 2].map(() => balancer.fetch({ requestClass: 'a' }))
    await until(() => held.length === 2)
    held[0]?.end('ok')
    await first
    balancer.connection.sendHandOver({ step: 'forget', classes: ['a'] })
    await until(() => balancer.changes.some((changes) => changes.get('a') === null))
    held[1]?.end('ok')
    expect((await second)?.report?.skill).toBeUndefined()
    expect(worker.resume.size).toBe(0)
  })

  test('runs no more requests of the class if it is to leave itself between two of them', async () => {
    const clock = new ManualClock()
    const asked: string[] = []
    const { worker, balancer } = await serve(
      async (req, res) => {
        asked.push(`${req.url}`)
        if (req.url === '/a') await clock.advance(1_000)
        res.end()
      },
      { ...replay, concurrency: 1 },
      { clock },
    )
    const two = [...requests, { ...requests[0]!, url: '/more' }]
    balancer.connection.sendHandOver({ step: 'prepare', handed: { ...handed, requests: two } })
    await until(() => asked.length === 1)
    await balancer.fetch({ url: '/client' })
    // Now it makes a pause of a second, to leave time to clients.
    expect(asked).toEqual(['/a', '/client'])
    await worker.handOver(hours)
    await clock.advance(2_000)
    await balancer.fetch({ url: '/client' })
    expect(asked).toEqual(['/a', '/client', '/client'])
  })

  test('hands the class on with the requests that it was given', async () => {
    const { worker, balancer } = await serve(ok, replay)
    const other = await TestBalancer.connect(worker, { handsOver: true })
    await refuseClasses(other)
    balancer.connection.sendHandOver({ step: 'prepare', handed })
    await until(() => balancer.changes.some((changes) => changes.has('a')))
    const over = worker.handOver(hours)
    await until(() => other.handOvers.length > 0)
    expect(other.handOvers[0]).toMatchObject({ classes: [{ requestClass: 'a', requests }] })
    other.connection.sendHandOver({ step: 'done' })
    await over
  })

  test('calls its function instead, if it has one', async () => {
    const called: string[] = []
    const warmUp = (requestClass: string) => void called.push(requestClass)
    const { balancer } = await serve(ok, { warmUp })
    const { connection } = balancer
    connection.sendHandOver({ step: 'prepare', handed: { ...handed, requests: [] } })
    await until(() => balancer.changes.some((changes) => changes.has('a')))
    expect(called).toEqual(['a'])
  })

  test('reports nothing if it could not get warm, and goes on with the next class', async () => {
    const { balancer } = await serve((req, res) => {
      res.writeHead(req.url === '/bad' ? 500 : 200).end()
    }, replay)
    const bad = [{ ...requests[0]!, url: '/bad' }]
    const { connection } = balancer
    connection.sendHandOver({ step: 'prepare', handed: { ...handed, requests: bad } })
    connection.sendHandOver({ step: 'prepare', handed: { ...handed, requestClass: 'b' } })
    await until(() => balancer.changes.some((changes) => changes.has('b')))
    expect(balancer.changes.some((changes) => changes.has('a'))).toBe(false)
  })
})

test('a long list of classes is sent in pieces', () => {
  const long = { ...requests[0]!, headers: 'x'.repeat(60_000) }
  const classes = ['a', 'b', 'c', 'd', 'e'].map((requestClass) => {
    return { requestClass, seconds: 1, requests: [long] }
  })
  expect(piecesOf(classes).map(({ length }) => length)).toEqual([2, 2, 1])
  expect(piecesOf([])).toEqual([])
})
