import { describe, expect, test } from 'vitest'
import type { ExplainAnswer } from '../../src/admin/explain-query.ts'
import { classifyByConversation } from '../../src/classify/by-conversation.ts'
import type { LoadBalancerOptions } from '../../src/load-balancer-options.ts'
import { startAdmin, token } from '../support/admin.ts'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { type Behaviour, plain } from '../support/tiny-worker.ts'

/** Answers as a worker at which 100 units take a second. */
const answerSized: Behaviour = ({ stream }) => {
  const skill = { score: 1, seconds: 1, count: 50, rate: 1, fixed: 0, perUnit: 0.01 }
  const report = { seconds: 1, others: { requests: 0, seconds: 0 }, skill }
  stream.respond(plain, undefined, { trailers: '', report })
}

/** About 1,500 tokens. */
const beginning = 'Say what this contract is about. '.repeat(180)
const chat = (...contents: string[]) =>
  JSON.stringify({ model: 'm', messages: contents.map((content) => ({ role: 'user', content })) })

async function setUp(options: LoadBalancerOptions = {}, workerCount = 1, admin = {}) {
  const workers = await Promise.all(
    Array.from({ length: workerCount }, () => startWorker(answerSized)),
  )
  const classifier = classifyByConversation
  const { balancer, port, ended } = await startBalancer(workers, {
    ...{ pool: 'cost', classifier, ...options },
  })
  const { call } = await startAdmin(balancer, admin)
  const headers = { 'content-type': 'application/json' }
  const explain = async (body: string, query = 'path=/v1&header=Content-Type:application/json') =>
    call(`/explain?${query}`, { method: 'POST', headers: { 'content-type': 'x' }, body })
  const serve = async (body: string) => {
    const before = ended.length
    await ask(port, { method: 'POST', path: '/v1', headers, body })
    await until(() => ended.length > before)
    return ended.at(-1)?.worker
  }
  return { balancer, call, explain, serve }
}

describe('/explain', () => {
  test('classifies a request with its body, and says how warm each worker is for it', async () => {
    const { explain, serve } = await setUp({}, 2)
    const home = await serve(chat(beginning))
    const { status, json } = await explain(chat(beginning, beginning))
    expect(status).toBe(200)
    const { candidates, ...answer } = json() as ExplainAnswer
    expect(answer).toMatchObject({ requestClass: 'm', chosen: home, readsBody: true })
    const { links, units } = answer as { links: number; units: number }
    expect(units).toBeGreaterThan(2000)
    const warm = candidates.find(({ worker }) => worker === home)
    expect(warm).toMatchObject({ role: 'home', warmLinks: 2 })
    expect(warm?.warmUnits).toBeCloseTo((2 / links) * units)
    expect(answer.why).toContain(`it is warm for 2 of ${links} links, `)
    expect(candidates.find(({ worker }) => worker !== home)).toMatchObject({ warmLinks: 0 })
    expect(candidates.every(({ price }) => price !== undefined)).toBe(true)
  })

  test('names the worker that the request then gets', async () => {
    const { explain, serve } = await setUp({}, 3)
    for (const body of [chat('a', beginning), chat('b', beginning), chat('a', beginning, 'c')]) {
      const { chosen } = (await explain(body)).json() as ExplainAnswer
      expect(await serve(body)).toBe(chosen)
    }
  })

  test('says that a body is not read where that of a client would not be', async () => {
    const { explain } = await setUp({ maxClassifiedBody: 1000 })
    const long = (await explain(chat(beginning))).json() as ExplainAnswer
    expect(long).toMatchObject({ requestClass: '', readsBody: false, links: null })
    expect(long.units).toBe(Math.ceil(chat(beginning).length / 4))
    const short = (await explain(chat('a'), 'header=Content-Type:text/plain')).json()
    expect(short).toMatchObject({ requestClass: '', readsBody: false })
  })

  test('takes the size of a class as it is told', async () => {
    const { call } = await setUp()
    const told = (await call('/explain?class=m&units=500&chain=a&chain=b')).json()
    expect(told).toMatchObject({ units: 500, links: 2, readsBody: null })
    expect((told as ExplainAnswer).candidates[0]).toMatchObject({ warmLinks: 0, warmUnits: 0 })
    const plain = (await call('/explain?class=m')).json()
    expect(plain).toMatchObject({ units: null, links: null, readsBody: null })
    for (const units of ['-1', 'many', 'Infinity', '']) {
      expect((await call(`/explain?class=m&units=${units}`)).status).toBe(400)
    }
    expect((await call('/explain?class=m', { method: 'POST', body: '{}' })).status).toBe(400)
  })

  test('needs no token for a body, and only one where others can connect', async () => {
    const { call, explain } = await setUp({}, 1, { token })
    expect((await explain(chat('a'))).status).toBe(200)
    const headers = { origin: 'http://evil.example' }
    expect((await call('/explain', { method: 'POST', body: '{}', headers })).status).toBe(403)
    const other = await setUp({}, 1, { token, address: '0.0.0.0:0' })
    expect((await other.explain(chat('a'))).status).toBe(401)
  })

  test('refuses a body that is too long to be kept', async () => {
    const { explain } = await setUp()
    expect((await explain('x'.repeat(16 * 1024 * 1024 + 1))).status).toBe(413)
  })
})
