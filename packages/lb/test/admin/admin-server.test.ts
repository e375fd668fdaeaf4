import { mkdtemp, rm, stat } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OptionError } from '@resumelb/common'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AdminServer } from '../../src/admin/admin-server.ts'
import { maxEventClients } from '../../src/admin/event-stream.ts'
import { maxBodyLength } from '../../src/admin/read-json.ts'
import type { AdminStatus, StatusChange } from '../../src/admin/status-document.ts'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { callAt, startAdmin, token } from '../support/admin.ts'
import { ask, open, startBalancer, startWorker, until } from '../support/balancer.ts'
import { silent } from '../support/tiny-worker.ts'

/** A balancer with one worker, and its admin server. */
async function setUp(options: Parameters<typeof startAdmin>[1] = {}) {
  const worker = await startWorker()
  const balanced = await startBalancer([worker], { pool: 'cost' })
  const admin = await startAdmin(balanced.balancer, options)
  return { worker, ...balanced, ...admin, adminPort: admin.port, port: balanced.port }
}

/** The events of a stream, as they come. */
async function readEvents(port: number, path = '/events') {
  const events: { name: string; data: unknown }[] = []
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path, agent: false }, resolve).on('error', reject)
    onTestFinished(() => {
      sent.destroy()
    })
  })
  let rest = ''
  response.on('error', () => undefined)
  response.setEncoding('utf8').on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) })
    }
  })
  return { response, events }
}

describe('AdminServer', () => {
  test('gives the status of the load balancer, its workers and its classes', async () => {
    const { worker, port, call, ended } = await setUp()
    for (const host of ['a.example', 'a.example', 'b.example'])
      await ask(port, { headers: { host } })
    await until(() => ended.length === 3)
    const { status, headers, json } = await call('/status?classes=1')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    const { balancer, workers, classes, incidents } = json() as AdminStatus
    expect(balancer).toMatchObject({
      pid: process.pid,
      isReady: true,
      isDraining: false,
      backlog: 0,
      waiting: 0,
      oldestRequestAt: null,
      totals: {
        requests: 3,
        outcomes: { served: 3, failed: 0, shed: 0, refused: 0, abandoned: 0 },
        codes: { '2xx': 3 },
        affinityLookups: 3,
        affinityHits: 1,
      },
    })
    expect(workers).toMatchObject([
      {
        address: worker.address,
        state: 'ready',
        isReady: true,
        handingOver: null,
        isHeld: false,
        isStandby: false,
        capacity: 1,
        ejectedUntil: null,
        version: '',
        load: { concurrency: 100, requests: 0 },
        requests: 3,
        errors: 0,
        lastFailure: null,
      },
    ])
    expect(classes).toMatchObject([
      {
        name: 'a.example',
        requests: 2,
        next: worker.address,
        workers: [{ role: 'home', count: 1 }],
      },
    ])
    expect(incidents).toEqual([])
  })

  test('says since when the oldest request is in progress, and why a worker is not connected', async () => {
    const { worker, balancer, port, call } = await setUp()
    const { address } = worker
    worker.behaviour = silent
    open(port)
      .on('error', () => undefined)
      .end()
    await worker.caught(1)
    const { workers } = (await call('/status')).json() as AdminStatus
    expect(Date.parse(workers[0]?.oldestRequestAt ?? '')).toBeLessThanOrEqual(Date.now())
    expect(workers[0]?.backlog).toBe(1)
    await worker.close()
    await until(() => balancer.workers[0]?.state === 'waiting')
    const { workers: later, incidents } = (await call('/status')).json() as AdminStatus
    expect(later[0]?.lastFailure).toMatchObject({ failures: expect.any(Number) })
    expect(incidents).toMatchObject([{ kind: 'workerDown', worker: address }])
  })

  test('tells health from readiness', async () => {
    const { worker, balancer, call } = await setUp()
    expect((await call('/healthz')).status).toBe(200)
    expect((await call('/readyz')).status).toBe(200)
    worker.tell({ state: 'draining' })
    await until(() => !balancer.workers[0]?.isReady)
    expect((await call('/healthz')).status).toBe(200)
    expect((await call('/readyz')).status).toBe(503)
  })

  test('explains a class, and a request that it classifies, and changes nothing', async () => {
    const { worker, port, call, balancer } = await setUp()
    await ask(port, { headers: { host: 'a.example' } })
    for (const query of ['class=a.example', 'host=A.example:80&path=/x']) {
      expect((await call(`/explain?${query}`)).json()).toMatchObject({
        requestClass: 'a.example',
        version: null,
        chosen: worker.address,
        why: expect.stringContaining('the class is at home there'),
        candidates: [{ worker: worker.address, role: 'home', backlog: 0 }],
      })
    }
    expect(balancer.backlog).toBe(0)
    expect((await call('/explain')).status).toBe(400)
  })

  test('answers what it does not have with 404, and other methods with 405', async () => {
    const { call } = await setUp({ token })
    expect((await call('/nothing')).status).toBe(404)
    const headers = { authorization: `Bearer ${token}` }
    const { status, headers: answered } = await call('/status', { method: 'DELETE', headers })
    expect([status, answered['allow']]).toEqual([405, 'GET'])
    expect((await call('/status?classes=1001')).status).toBe(400)
    expect((await call('/status', { method: 'HEAD' })).text).toBe('')
  })

  test('is a service of a unix socket, closed to others, that may change all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'resumelb-admin-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const socketPath = join(folder, 'admin')
    const { worker, server } = await setUp({ address: `unix:${socketPath}` })
    expect(server.address).toBe(`unix:${socketPath}`)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o660)
    expect((await callAt({ socketPath }, '/healthz')).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    const path = `/workers/${worker.address}/drain`
    expect((await callAt({ socketPath }, path, { method: 'POST', headers })).status).toBe(200)
  })

  test('needs a token where others can connect, and one that is hard to guess', () => {
    const balancer = new LoadBalancer()
    onTestFinished(() => balancer.destroy())
    const make = (address: string, secret?: string) => () =>
      new AdminServer(balancer, { address, ...(secret !== undefined && { token: secret }) })
    expect(make(':0')).toThrow(OptionError)
    expect(make('192.0.2.1:0')).toThrow('see --admin-token-file')
    expect(make('127.0.0.1:0', 'short')).toThrow('at least 16 characters, got 5')
    expect(make('127.0.0.1:0', 'a token that has spaces')).toThrow('printable ASCII')
    expect(make('unix:')).toThrow(OptionError)
  })
})

describe('changes over the admin server', () => {
  test('keep new requests from a worker and give it some again, and are logged with their author', async () => {
    const lines: object[] = []
    const note = (facts: object, message?: string) => lines.push({ ...facts, message })
    const log = { debug: note, info: note, warn: note, error: note }
    const { worker, balancer, change, call } = await setUp({ token, log })
    const path = `/workers/${encodeURIComponent(worker.address)}`
    const drained = await change(`${path}/drain`, {}, { 'x-admin-user': 'ann' })
    expect([drained.status, drained.json()]).toEqual([
      200,
      { worker: worker.address, isHeld: true },
    ])
    expect(balancer.workers[0]).toMatchObject({ state: 'draining', isHeld: true, isReady: false })
    expect((await call('/readyz')).status).toBe(503)
    await change(`${path}/ready`)
    expect(balancer.workers[0]).toMatchObject({ state: 'ready', isHeld: false, isReady: true })
    expect(worker.accepted).toBe(1)
    expect(lines).toMatchObject([
      { worker: worker.address, client: '127.0.0.1', user: 'ann', message: expect.any(String) },
      { worker: worker.address, user: '' },
    ])
    const { incidents } = (await call('/status')).json() as AdminStatus
    expect(incidents.map(({ kind }) => kind)).toEqual(['changed', 'changed'])
  })

  test('break the connection of a drained worker at the deadline, and leave it drained', async () => {
    const { worker, balancer, port, change, ended } = await setUp({ token })
    worker.behaviour = silent
    open(port, { method: 'POST' })
      .on('error', () => undefined)
      .end()
    await worker.caught(1)
    const reply = await change(`/workers/${worker.address}/drain`, { deadlineSeconds: 0.01 })
    expect(reply.status).toBe(200)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ reason: 'WORKER_LOST' })
    await until(() => worker.accepted === 2)
    await until(() => balancer.workers[0]?.state === 'draining')
    expect(balancer.workers[0]?.isReady).toBe(false)
  })

  test('set settings of the pool, and name what is wrong with others', async () => {
    const { balancer, change } = await setUp({ token })
    expect((await change('/settings', { price: 2 })).json()).toEqual({ settings: { price: 2 } })
    expect((await change('/settings', { moveGap: 3 })).status).toBe(200)
    expect(balancer.settings).toEqual({ price: 2, moveGap: 3 })
    const bad = await change('/settings', { price: -1 })
    expect([bad.status, bad.text]).toEqual([400, expect.stringContaining('price')])
    expect((await change('/settings', { prize: 1 })).text).toContain('did you mean price?')
    await change('/settings', { price: null })
    expect(balancer.settings).toEqual({ moveGap: 3 })
  })

  test('read the configuration again, and tell what came of it', async () => {
    const reloaded = { changed: ['price'], restart: ['address'] }
    const { change } = await setUp({ token, reload: async () => reloaded })
    expect((await change('/reload')).json()).toEqual(reloaded)
    const bad = await setUp({ token, reload: () => Promise.reject(new Error('lb.yaml:3: no')) })
    const refusal = await bad.change('/reload')
    expect([refusal.status, refusal.json()]).toEqual([400, { error: 'lb.yaml:3: no' }])
    const without = await setUp({ token })
    expect((await without.change('/reload')).status).toBe(400)
  })

  test('need the token, of those who are not at the unix socket', async () => {
    const { worker, balancer, call, change } = await setUp({ token })
    const path = `/workers/${worker.address}/drain`
    const json = { 'content-type': 'application/json' }
    expect((await call(path, { method: 'POST', headers: json })).status).toBe(401)
    expect((await change(path, {}, { authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await change(path, {}, { authorization: token })).status).toBe(401)
    expect(balancer.workers[0]?.isHeld).toBe(false)
    const { change: changeWithout } = await startAdmin(balancer)
    expect((await changeWithout(path)).status).toBe(403)
  })

  test('are refused from pages of other sites, whatever these send', async () => {
    const { worker, balancer, change } = await setUp({ token })
    const path = `/workers/${worker.address}/drain`
    const foreign = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { host: 'evil.example' },
      { host: 'evil.example', origin: 'http://evil.example' },
    ]
    for (const headers of foreign) expect((await change(path, {}, headers)).status).toBe(403)
    expect((await change(path, {}, { 'content-type': 'text/plain' })).status).toBe(415)
    expect(
      (await change(path, {}, { 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415)
    expect(balancer.workers[0]?.isHeld).toBe(false)
  })

  test('are answered 404 for unknown workers, and 400 or 413 for bodies that are none', async () => {
    const { worker, call, change } = await setUp({ token })
    expect((await change('/workers/unknown:1/drain')).status).toBe(404)
    const path = `/workers/${worker.address}/drain`
    expect((await change(path, { deadlineSeconds: 'soon' })).status).toBe(400)
    const post = (body: string) =>
      call('/settings', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body,
      })
    expect((await post('{')).status).toBe(400)
    expect((await post('[]')).status).toBe(400)
    expect((await post(JSON.stringify({ a: 'x'.repeat(maxBodyLength) }))).status).toBe(413)
  })
})

describe('reading over the admin server', () => {
  test('is refused to names that are not its own, so that none can be rebound to it', async () => {
    const { call, port } = await setUp({ hosts: ['Balancer.example'] })
    const statusOf = async (host: string) => (await call('/status', { headers: { host } })).status
    expect(await statusOf('evil.example')).toBe(403)
    expect(await statusOf(`evil.example:${port}`)).toBe(403)
    expect(await statusOf('balancer.example:1')).toBe(200)
    expect(await statusOf('localhost:1')).toBe(200)
    expect(await statusOf('[::1]:1')).toBe(200)
    expect((await call('/healthz', { headers: { host: 'evil.example' } })).status).toBe(403)
  })

  test('is refused to scripts of other sites, but not to who follows a link', async () => {
    const { call } = await setUp()
    const site = { 'sec-fetch-site': 'cross-site' }
    expect(
      (await call('/status', { headers: { ...site, 'sec-fetch-mode': 'no-cors' } })).status,
    ).toBe(403)
    expect((await call('/', { headers: { ...site, 'sec-fetch-mode': 'navigate' } })).status).toBe(
      200,
    )
  })

  test('gives nothing that a browser could take for a page', async () => {
    const description = '<script>alert(1)</script>'
    const { call } = await setUp()
    const { headers, text } = await call(`/explain?class=${encodeURIComponent(description)}`)
    expect(text).toContain(description)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    })
  })
})

describe('the event stream', () => {
  test('begins with the status, and tells each second what has changed', async () => {
    const { worker, port, adminPort, balancer } = await setUp()
    const { events, response } = await readEvents(adminPort)
    expect(response.headers['content-type']).toBe('text/event-stream')
    await until(() => events.length === 1)
    expect(events[0]).toMatchObject({ name: 'status', data: { workers: [{ state: 'ready' }] } })
    await ask(port, { headers: { host: 'a.example' } })
    balancer.drainWorker(worker.address)
    await until(() => events.length === 2)
    const { name, data } = events[1] as { name: string; data: StatusChange }
    expect(name).toBe('change')
    expect(data).toMatchObject({
      balancer: { totals: { requests: 1 } },
      workers: [{ address: worker.address, state: 'draining', isHeld: true }],
      workersGone: [],
      classes: [{ name: 'a.example', requests: 1 }],
      classesGone: [],
      incidents: [],
    })
    balancer.setWorkers([])
    await until(() => events.length === 3)
    expect(events[2]?.data).toMatchObject({ workers: [], workersGone: [worker.address] })
  })

  test('is for a limited number of clients', async () => {
    const { adminPort, call } = await setUp()
    const streams = await Promise.all(
      Array.from({ length: maxEventClients }, () => readEvents(adminPort)),
    )
    expect((await call('/events')).status).toBe(503)
    streams[0]?.response.destroy()
    await until(async () => (await call('/events', { method: 'HEAD' })).status === 200)
  })
})
