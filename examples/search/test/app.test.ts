import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createApp, type SearchOptions } from '../src/app.ts'

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Call {
  readonly host?: string
  readonly accept?: string
  readonly method?: string
}

let server: Server | undefined

afterEach(async () => {
  await new Promise((resolve) => {
    if (server === undefined) resolve(undefined)
    else server.close(resolve)
  })
  server = undefined
})

/** Serves the application; the answer calls it as a client would. */
async function serve(options: SearchOptions = {}) {
  const app = createApp({ tenants: 5, cached: 2, documents: 20, workerName: 'w1', ...options })
  const running = createServer(app)
  server = running
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve))
  const { port } = running.address() as AddressInfo
  return (path: string, call: Call = {}): Promise<Reply> => {
    const { host = 'tenant-01.localhost', accept = '*/*', method = 'GET' } = call
    return new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', path, method, headers: { host, accept }, agent: false })
        .once('response', async (response) => {
          const parts: Buffer[] = []
          for await (const part of response) parts.push(part)
          const body = Buffer.concat(parts).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
        .once('error', reject)
        .end()
    })
  }
}

describe('the search application', () => {
  test('finds documents that contain the words asked for', async () => {
    const get = await serve()
    const about = JSON.parse((await get('/')).body)
    const [word] = about.suggestions
    const found = JSON.parse((await get(`/search?q=${word}`)).body)
    expect(found).toMatchObject({ tenant: 'tenant-01', worker: 'w1', query: word })
    expect(found.total).toBeGreaterThan(0)
    expect(JSON.stringify(found.hits[0]).toLowerCase()).toContain(word)
  })

  test('is cold at the first request of a tenant and warm from the second', async () => {
    const get = await serve()
    const first = await get('/search?q=contract')
    const second = await get('/search?q=contract')
    expect(first.headers).toMatchObject({ 'x-worker': 'w1', 'x-index': 'cold' })
    expect(second.headers).toMatchObject({ 'x-worker': 'w1', 'x-index': 'warm' })
    expect(JSON.parse(second.body)).toMatchObject({ index: 'warm', indexMs: 0 })
    expect(second.headers['server-timing']).toMatch(/^index;dur=0\.00, search;dur=\d+\.\d+$/)
  })

  test('forgets the tenant that was asked least recently when its cache is full', async () => {
    const get = await serve({ cached: 2 })
    const seen: unknown[] = []
    for (const number of [1, 2, 1, 3, 1, 2]) {
      const { headers } = await get('/', { host: `tenant-0${number}.localhost` })
      seen.push(headers['x-index'])
    }
    expect(seen).toEqual(['cold', 'cold', 'warm', 'cold', 'warm', 'cold'])
  })

  test('answers people with a page and programs with JSON', async () => {
    const get = await serve()
    const page = await get('/search?q=contract', { accept: 'text/html,*/*;q=0.8' })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('Answered by <strong>w1</strong>')
    const data = await get('/search?q=contract', { accept: 'application/json' })
    expect(data.headers['content-type']).toBe('application/json')
  })

  test('shows a query in the page as text, whatever is in it', async () => {
    const get = await serve()
    const query = `"><script>alert('x')</script>`
    const { body } = await get(`/search?q=${encodeURIComponent(query)}`, { accept: 'text/html' })
    expect(body).not.toContain('<script>')
    expect(body).toContain('&#60;script&#62;')
  })

  test('lists the tenants, with its own port, on a host that is no tenant', async () => {
    const get = await serve()
    const { status, body } = await get('/', { host: '127.0.0.1:8080' })
    expect(status).toBe(200)
    expect(body).toContain('href="http://tenant-05.localhost:8080/"')
  })

  test('takes the tenant from the address when the host names none', async () => {
    const get = await serve()
    const { body } = await get('/search?q=contract&tenant=tenant-03', { host: 'localhost' })
    expect(JSON.parse(body)).toMatchObject({ tenant: 'tenant-03' })
  })

  test('answers HEAD with the head of GET and no body', async () => {
    const get = await serve()
    const { status, headers, body } = await get('/', { method: 'HEAD' })
    expect({ status, body, index: headers['x-index'] }).toEqual({
      status: 200,
      body: '',
      index: 'cold',
    })
    expect(Number(headers['content-length'])).toBeGreaterThan(0)
  })

  test.each([
    ['a tenant that does not exist', 404, '/', { host: 'tenant-06.localhost' }, 'tenant-06'],
    ['a search without a tenant', 404, '/search?q=x', { host: 'localhost' }, 'no tenant'],
    ['no query', 400, '/search', {}, 'nothing to search for'],
    ['a blank query', 400, '/search?q=%20', {}, 'nothing to search for'],
    ['a query that is too long', 400, `/search?q=${'x'.repeat(201)}`, {}, 'at most 200'],
    ['another path', 404, '/favicon.ico', {}, '/search'],
    ['another method', 405, '/', { method: 'POST' }, 'GET'],
  ])('refuses %s', async (_, status, path, call: Call, message) => {
    const get = await serve()
    const reply = await get(path, call)
    expect(reply.status).toBe(status)
    expect(JSON.parse(reply.body).error).toContain(message)
    expect(reply.headers['x-index']).toBeUndefined()
  })
})
