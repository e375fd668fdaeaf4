import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OptionError } from '@resumelb/common'
import { describe, expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { serve, until } from '../support/setup.ts'
import { answering, rawServer } from './raw-server.ts'
import { ok, serveUrl } from './serve-upstream.ts'

describe('a connection that the server has closed as it is used again', () => {
  /** Answers the first request of each connection and closes at the second, unseen. */
  const closingServer = () => {
    const seen: string[] = []
    return rawServer((socket) => {
      let requests = 0
      socket.on('data', (bytes) => {
        seen.push(bytes.toString().split(' ')[0] as string)
        if (requests++ === 0) socket.write(ok)
        else socket.resetAndDestroy()
      })
    }).then((server) => ({ ...server, seen }))
  }

  test.each(['GET', 'HEAD', 'OPTIONS', 'DELETE'])('costs no %s', async (method) => {
    const server = await closingServer()
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch({ method })).status).toBe(200)
    expect(server.seen).toEqual(['GET', method, method])
  })

  test('repeats a request once, not more often', async () => {
    let connections = 0
    const server = await rawServer((socket) => {
      const isFirst = connections++ === 0
      let requests = 0
      socket.on('data', () => {
        if (isFirst && requests++ === 0) socket.write(ok)
        else socket.resetAndDestroy()
      })
    })
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch()).status).toBe(502)
    expect(server.connections()).toBe(2)
  })

  test.each([
    ['POST', {}],
    ['PUT', { body: 'x', headers: ['Content-Length', '1'] }],
  ])('repeats no %s that the server may have begun with', async (method, question) => {
    const server = await closingServer()
    const { balancer } = await serveUrl(server.url)
    await balancer.fetch()
    expect((await balancer.fetch({ method, ...question })).status).toBe(502)
    expect(server.seen.filter((seen) => seen === method)).toEqual([method])
  })

  test('is not used again once the close has been seen', async () => {
    const server = await rawServer((socket) =>
      socket.on('data', () => socket.write(ok, () => socket.end())),
    )
    const { balancer } = await serveUrl(server.url)
    for (let i = 0; i < 5; i++) {
      expect((await balancer.fetch({ method: 'POST' })).text).toBe('ok')
      await until(() => true)
    }
  })
})

describe('a server behind that refuses connections', () => {
  async function deadServer(): Promise<{ url: string; port: number }> {
    const server = await rawServer(() => undefined)
    await server.close()
    return server
  }

  test('has its requests refused, of any method, so that another worker has them', async () => {
    const { balancer, worker } = await serveUrl((await deadServer()).url)
    const headers = ['Content-Length', '5']
    for (const question of [{}, { method: 'POST', body: 'hello', headers }]) {
      await expect(balancer.fetch(question)).rejects.toThrow('reset: REFUSED')
    }
    await until(() => worker.backlog === 0)
    expect(worker.resume.size).toBe(0)
  })

  test('is not ready, and ready again when it is back', async () => {
    const { url, port } = await deadServer()
    const messages: string[] = []
    const note = (_facts: unknown, message: string) => messages.push(message)
    const log = { ...silentLogger, info: note, warn: note }
    const upstream = new Upstream(url, { log })
    const { balancer, worker } = await serve(upstream.handle)
    upstream.watch((isReady) => worker.setReady(isReady))
    await until(() => worker.state === 'unready')
    await until(() => balancer.loads.at(-1)?.state === 'unready')
    await rawServer(answering(ok), port)
    await until(() => worker.state === 'ready')
    await until(() => balancer.loads.at(-1)?.state === 'ready')
    expect(messages).toEqual(['upstream is unreachable: not ready', 'upstream is reachable: ready'])
    expect((await balancer.fetch()).text).toBe('ok')
    upstream.close()
  })

  test('frees the slots of its requests', async () => {
    const { balancer } = await serveUrl((await deadServer()).url, silentLogger, { concurrency: 1 })
    const calls = Array.from({ length: 5 }, () => balancer.fetch().catch(({ message }) => message))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['reset: REFUSED']))
  })
})

test.each([
  'nowhere',
  'ftp://127.0.0.1',
  'http://127.0.0.1/path',
  'http://127.0.0.1/?a',
  'http://user:secret@127.0.0.1',
])('refuses %s as an upstream', (url) => {
  expect(() => new Upstream(url, { log: silentLogger })).toThrow(OptionError)
})

test('a server at a unix socket gets the host of the client', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-upstream-'))
  const path = join(folder, 'app.sock')
  const server = createServer((request, response) => response.end(request.headers.host))
  server.listen(path)
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })
  await once(server, 'listening')
  const { balancer } = await serveUrl(`unix:${path}`)
  expect((await balancer.fetch()).text).toBe('site.example')
})
