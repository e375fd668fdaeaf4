/** Requests that workers give back, because those that they process take too long. */
import { describe, expect, test } from 'vitest'
import { ask, open, readAnswer, startBalancer, startWorker, until } from '../support/balancer.ts'
import { type Behaviour, plain, reported, type TinyWorker } from '../support/tiny-worker.ts'

/** Gives back what may be moved, and answers the rest. */
const givingBack: Behaviour = async ({ head, body, stream }) => {
  if (head.isMovable) return stream.reset('BLOCKED')
  await body
  stream.respond(plain, Buffer.from('served'), reported)
}

const start = (count: number, behaviour: Behaviour) =>
  Promise.all(Array.from({ length: count }, () => startWorker(behaviour)))

/** Whether each request that came could be given back. */
const movableAt = ({ requests }: TinyWorker) => requests.map(({ head }) => head.isMovable === true)

describe('a request that a worker gives back', () => {
  test('goes to another worker, which may not give it back', async () => {
    const workers = await start(2, givingBack)
    const { port, ended } = await startBalancer(workers)
    expect((await ask(port)).text).toBe('served')
    expect(workers.map(movableAt).sort()).toEqual([[false], [true]])
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ attempts: 2, status: 200 })
  })

  test('goes back to where it waited if no other worker can take it', async () => {
    const workers = await start(2, givingBack)
    const { port, balancer } = await startBalancer(workers)
    workers[1]?.tell({ state: 'draining' })
    await until(() => balancer.workers[1]?.isReady === false)
    expect((await ask(port)).text).toBe('served')
    expect(workers.map(movableAt)).toEqual([[true, false], []])
  })

  test('does not go back to a worker that refused it for another reason', async () => {
    const workers = await start(2, ({ stream }) => stream.reset('REFUSED'))
    const { port, balancer } = await startBalancer(workers)
    workers[1]?.tell({ state: 'draining' })
    await until(() => balancer.workers[1]?.isReady === false)
    expect((await ask(port)).status).toBe(503)
    expect(workers.map(movableAt)).toEqual([[true], []])
  })

  test('and that no worker takes is a 503 after the last retry', async () => {
    const workers = await start(2, ({ stream }) => stream.reset('BLOCKED'))
    const { port, ended } = await startBalancer(workers, { maxRetries: 3 })
    expect((await ask(port)).status).toBe(503)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ attempts: 4, outcome: 'shed', reason: 'REFUSED' })
  })
})

describe('a request cannot be given back', () => {
  test.each([
    ['if there is only one worker', 1, {}],
    ['if it may be retried once at most', 2, { maxRetries: 1 }],
  ])('%s', async (_rule, count, options) => {
    const workers = await start(count, givingBack)
    const { port } = await startBalancer(workers, options)
    expect((await ask(port)).text).toBe('served')
    expect(workers.flatMap(movableAt)).toEqual([false])
  })

  test('while its body is still coming', async () => {
    const workers = await start(2, givingBack)
    const { port } = await startBalancer(workers)
    const sent = open(port, { method: 'POST' })
    const answered = readAnswer(sent)
    sent.write('first')
    await Promise.race(workers.map((worker) => worker.caught(1)))
    sent.end('last')
    expect((await answered).text).toBe('served')
    expect(workers.flatMap(movableAt)).toEqual([false])
  })

  test('if it belongs to a session', async () => {
    const workers = await start(2, givingBack)
    const { port } = await startBalancer(workers, { sticky: { cookie: 'worker' } })
    const { headers } = await ask(port)
    const cookie = headers['set-cookie']?.[0]?.split(';')[0]
    expect((await ask(port, { headers: { Cookie: cookie } })).text).toBe('served')
    expect(workers.flatMap(movableAt).sort()).toEqual([false, false, true])
  })
})
