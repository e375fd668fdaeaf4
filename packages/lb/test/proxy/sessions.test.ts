/** Sessions from the client's view: what names a worker, and what the application sees of it. */
import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { Sessions } from '../../src/proxy/sessions.ts'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { answer, type TinyWorker } from '../support/tiny-worker.ts'

const sticky = { cookie: 'worker' }

async function setUp(options = {}, headers?: string) {
  const workers: TinyWorker[] = []
  for (const name of ['a', 'b', 'c']) workers.push(await startWorker(answer(name, headers)))
  const balanced = await startBalancer(workers, { pool: 'round-robin', sticky, ...options })
  const byName = (name: string) => workers['abc'.indexOf(name)] as TinyWorker
  return { ...balanced, workers, byName }
}

const cookieOf = (line = '') => line.split(';')[0] as string

describe('a client without a cookie', () => {
  test('gets one that names its worker, and no shared cache may keep the response', async () => {
    const { port } = await setUp()
    const { headers } = await ask(port)
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^worker=[\w-]{16}; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
    expect(headers['cache-control']).toBe('private')
  })

  test('gets one that TLS alone may carry, if a trusted proxy says that it speaks TLS', async () => {
    const { port } = await setUp({
      trustedProxies: ['loopback'],
      sticky: { ...sticky, maxAge: 60_000 },
    })
    const { headers } = await ask(port, { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(headers['set-cookie']?.[0]).toMatch(/; Max-Age=60; .*; Secure/)
  })

  test('keeps the cookies and directives of the application', async () => {
    const fields = 'Set-Cookie\na=1\nCache-Control\nmax-age=5'
    const { port } = await setUp({}, fields)
    const { headers } = await ask(port)
    expect(headers['set-cookie']).toHaveLength(2)
    expect(headers['cache-control']).toBe('max-age=5, private')
  })
})

describe('a client with the cookie', () => {
  test('stays with its worker, which does not see the cookie', async () => {
    const { port, ended, byName } = await setUp()
    const first = await ask(port)
    const cookie = cookieOf(first.headers['set-cookie']?.[0])
    for (let i = 0; i < 4; i++) {
      const again = await ask(port, { headers: { Cookie: `a=b; ${cookie}` } })
      expect(again.text).toBe(first.text)
      expect(again.headers['set-cookie']).toBeUndefined()
      expect(again.headers['cache-control']).toBeUndefined()
    }
    const heads = byName(first.text).requests.map(({ head }) => head.headers)
    expect(heads.at(-1)).toContain('Cookie\na=b')
    expect(heads.join()).not.toContain('worker=')
    expect(ended.map(({ choice }) => choice)).toEqual([undefined, ...Array(4).fill('sticky')])
  })

  test('gets another cookie if its worker is gone', async () => {
    const { port, balancer, byName } = await setUp()
    const first = await ask(port)
    const cookie = cookieOf(first.headers['set-cookie']?.[0])
    await byName(first.text).close()
    await until(() => balancer.workers.filter(({ isReady }) => isReady).length === 2)
    const second = await ask(port, { headers: { Cookie: cookie } })
    expect(second.text).not.toBe(first.text)
    const replaced = cookieOf(second.headers['set-cookie']?.[0])
    expect((await ask(port, { headers: { Cookie: replaced } })).text).toBe(second.text)
  })

  test('gets another cookie with the retry, if its worker is lost with the request', async () => {
    const { port, byName } = await setUp()
    const first = await ask(port)
    const cookie = cookieOf(first.headers['set-cookie']?.[0])
    const worker = byName(first.text)
    worker.behaviour = () => worker.breakConnections()
    const second = await ask(port, { headers: { Cookie: cookie } })
    expect([second.status, second.text]).toEqual([200, expect.not.stringMatching(first.text)])
    expect(second.headers['set-cookie']).toHaveLength(1)
  })

  test('gets another cookie if that names no worker', async () => {
    const { port } = await setUp()
    const { headers } = await ask(port, { headers: { Cookie: 'worker=../../etc' } })
    expect(headers['set-cookie']).toHaveLength(1)
  })

  test('stays with a draining worker as long as that takes sessions', async () => {
    const { port, balancer, byName } = await setUp()
    const first = await ask(port)
    const headers = { Cookie: cookieOf(first.headers['set-cookie']?.[0]) }
    const worker = byName(first.text)
    worker.tell({ state: 'draining', takesSessions: true })
    await until(() => balancer.workers.filter(({ isReady }) => isReady).length === 2)
    expect((await ask(port, { headers })).text).toBe(first.text)
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).not.toBe(first.text)
    worker.tell({ state: 'draining', takesSessions: false })
    await until(() => worker.connections.size === 0)
    expect((await ask(port, { headers })).text).not.toBe(first.text)
  })
})

describe('a header instead of a cookie', () => {
  test('is in every response, and leads back, unseen by the application', async () => {
    const { port, byName } = await setUp({ sticky: { header: 'X-Worker' } })
    const first = await ask(port)
    expect(first.headers['set-cookie']).toBeUndefined()
    const headers = { 'X-Worker': first.headers['x-worker'] as string }
    for (let i = 0; i < 3; i++) {
      const again = await ask(port, { headers })
      expect([again.text, again.headers['x-worker']]).toEqual([first.text, headers['X-Worker']])
    }
    expect(byName(first.text).requests.at(-1)?.head.headers).not.toMatch(/x-worker/i)
  })
})

describe('the id of a worker', () => {
  test('is the same in every load balancer with the same secret, and in no other', () => {
    const idOf = (secret?: string) =>
      new Sessions({ ...sticky, ...(secret !== undefined && { secret }) }).idOf('10.0.0.1:8000')
    expect(idOf('s')).toBe(idOf('s'))
    expect(new Set([idOf('s'), idOf('t'), idOf()]).size).toBe(3)
    expect(idOf()).toBe(idOf())
    expect(idOf('s')).toMatch(/^[\w-]{16}$/)
  })
})

test.each([
  [{}],
  [{ cookie: 'a b' }],
  [{ header: 'Host' }],
  [{ header: 'Set-Cookie' }],
  [{ cookie: 'w', maxAge: 1 }],
])('sessions cannot be %j', (options) => {
  expect(() => new LoadBalancer({ sticky: options })).toThrow(OptionError)
})
