import { describe, expect, test } from 'vitest'
import { serve, until } from './support/setup.ts'

/** Answers with the URL that the application sees. */
const echo = { fetch: (request: Request) => new Response(`${request.method} ${request.url}`) }

describe('an object with fetch()', () => {
  test.each([
    ['a path', '/a?b', 'GET http://site.example/a?b'],
    [
      'a path that looks like a host',
      '//other.example/a',
      'GET http://site.example//other.example/a',
    ],
    ['a whole URL', 'http://other.example/a?b', 'GET http://other.example/a?b'],
    ['the server itself', '*', 'GET http://site.example/'],
  ])('sees the URL of a target that is %s', async (_what, url, seen) => {
    const { balancer } = await serve(echo)
    expect((await balancer.fetch({ url })).text).toBe(seen)
  })

  test('sees https where the client speaks TLS', async () => {
    const { balancer } = await serve(echo)
    expect((await balancer.fetch({ encrypted: true })).text).toBe('GET https://site.example/')
  })

  test.each([
    ['a host that is none', { headers: ['X', '1'], url: 'http://[/' }],
    ['a method that the standard forbids', { method: 'TRACE' }],
  ])('is not asked about %s: 400', async (_what, question) => {
    const { balancer, worker } = await serve(echo)
    expect((await balancer.fetch(question)).status).toBe(400)
    expect(worker.backlog).toBe(0)
  })

  test('reads bodies and streams its own', async () => {
    const { balancer } = await serve({
      fetch: async (request) => {
        const text = await request.text()
        const body = new ReadableStream({
          start(controller) {
            for (const part of ['you said ', text]) controller.enqueue(Buffer.from(part))
            controller.close()
          },
        })
        return new Response(body, { status: 201, headers: [['Set-Cookie', 'a=1']] })
      },
    })
    const answer = await balancer.fetch({ body: 'hello' })
    expect([answer.status, answer.text]).toEqual([201, 'you said hello'])
    expect(answer.headers['set-cookie']).toBe('a=1')
  })

  test('aborts the signal when the client disconnects', async () => {
    let isAborted = false
    const { balancer } = await serve({
      fetch: (request) =>
        new Promise((resolve) => {
          request.signal.addEventListener('abort', () => {
            isAborted = true
            resolve(new Response('too late'))
          })
        }),
    })
    const call = balancer.call()
    await balancer.fetch({ method: 'TRACE' })
    call.stream.reset('CANCELLED')
    await until(() => isAborted)
  })

  test('that throws or rejects makes a 500', async () => {
    const { balancer } = await serve({ fetch: () => Promise.reject(new Error('boom')) })
    expect((await balancer.fetch()).status).toBe(500)
  })
})
