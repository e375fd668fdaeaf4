/** Applications of common frameworks run unmodified. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { toApplication } from '../src/cli/load-application.ts'
import type { Handler } from '../src/index.ts'
import { serve } from './support/setup.ts'

interface Case {
  readonly name: string
  readonly make: () => Promise<Handler>
}

function expressApplication() {
  const app = express()
  app.set('trust proxy', false)
  app.use(express.json())
  app.get('/hello/:name', (req, res) => {
    res.cookie('seen', '1').json({ hello: req.params.name, ip: req.ip, host: req.hostname })
  })
  app.post('/sum', (req, res) => {
    res.status(201).json({ sum: req.body.a + req.body.b })
  })
  app.get('/stream', (_req, res) => {
    res.type('text/plain')
    res.write('one ')
    setImmediate(() => res.end('two'))
  })
  app.get('/boom', () => {
    throw new Error('boom')
  })
  return app
}

function fastifyApplication() {
  const app = fastify()
  app.get<{ Params: { name: string } }>('/hello/:name', (request, reply) => {
    reply.header('set-cookie', 'seen=1')
    return { hello: request.params.name, ip: request.ip, host: request.hostname }
  })
  app.post<{ Body: { a: number; b: number } }>('/sum', (request, reply) => {
    reply.code(201)
    return { sum: request.body.a + request.body.b }
  })
  app.get('/stream', (_request, reply) => {
    reply.type('text/plain')
    return reply.send(Readable.from(['one ', 'two']))
  })
  app.get('/boom', () => {
    throw new Error('boom')
  })
  return app
}

function koaApplication() {
  const app = new Koa()
  app.silent = true
  app.use(async (ctx) => {
    if (ctx.path === '/boom') throw new Error('boom')
    if (ctx.path === '/stream') {
      ctx.type = 'text/plain'
      ctx.body = Readable.from(['one ', 'two'])
      return
    }
    if (ctx.path === '/sum') {
      const chunks: Buffer[] = []
      for await (const chunk of ctx.req) chunks.push(chunk)
      const { a, b } = JSON.parse(Buffer.concat(chunks).toString())
      ctx.status = 201
      ctx.body = { sum: a + b }
      return
    }
    ctx.cookies.set('seen', '1')
    ctx.body = { hello: ctx.path.split('/')[2], ip: ctx.ip, host: ctx.hostname }
  })
  return app
}

function honoApplication() {
  const app = new Hono()
  app.get('/hello/:name', (c) => {
    c.header('set-cookie', 'seen=1')
    return c.json({
      hello: c.req.param('name'),
      ip: '192.0.2.7',
      host: new URL(c.req.url).hostname,
    })
  })
  app.post('/sum', async (c) => {
    const { a, b } = await c.req.json()
    return c.json({ sum: a + b }, 201)
  })
  app.get('/stream', (c) => {
    const body = ReadableStream.from([Buffer.from('one '), Buffer.from('two')])
    return c.body(body, 200, { 'content-type': 'text/plain' })
  })
  app.get('/boom', () => {
    throw new Error('boom')
  })
  app.onError((_error, c) => c.text('oh', 500))
  return app
}

function bareListener(req: IncomingMessage, res: ServerResponse): void {
  if (req.url === '/boom') throw new Error('boom')
  if (req.url === '/stream') {
    res.setHeader('content-type', 'text/plain')
    Readable.from(['one ', 'two']).pipe(res)
    return
  }
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    if (req.url === '/sum') {
      const { a, b } = JSON.parse(Buffer.concat(chunks).toString())
      res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ sum: a + b }))
      return
    }
    const hello = req.url?.split('/')[2]
    const host = req.headers.host
    res.setHeader('set-cookie', ['seen=1'])
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ hello, ip: req.socket.remoteAddress, host }))
  })
}

const cases: readonly Case[] = [
  { name: 'a bare listener', make: async () => bareListener },
  {
    name: 'Express 5',
    make: async () => (await toApplication(expressApplication(), 'app')).handler,
  },
  {
    name: 'Fastify 5',
    make: async () => (await toApplication(fastifyApplication(), 'app')).handler,
  },
  { name: 'Koa 3', make: async () => (await toApplication(koaApplication(), 'app')).handler },
  { name: 'Hono', make: async () => (await toApplication(honoApplication(), 'app')).handler },
]

describe.each(cases)('$name', ({ make }) => {
  test('answers with the facts of the client', async () => {
    const { balancer } = await serve(await make())
    const answer = await balancer.fetch({ url: '/hello/world' })
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']).toContain('seen=1')
    expect(JSON.parse(answer.text)).toEqual({
      hello: 'world',
      ip: '192.0.2.7',
      host: 'site.example',
    })
  })

  test('reads a body, whole or in pieces', async () => {
    const { balancer } = await serve(await make())
    const body = JSON.stringify({ a: 2, b: 3 })
    const headers = ['Content-Type', 'application/json', 'Content-Length', String(body.length)]
    const whole = await balancer.fetch({ url: '/sum', method: 'POST', headers, body })
    const call = balancer.call({ url: '/sum', method: 'POST', headers, isOpen: true })
    call.stream.write(Buffer.from(body.slice(0, 5)))
    setImmediate(() => {
      call.stream.write(Buffer.from(body.slice(5)))
      call.stream.end()
    })
    expect([whole.status, whole.text]).toEqual([201, '{"sum":5}'])
    expect((await call.answer).text).toBe('{"sum":5}')
  })

  test('streams a body', async () => {
    const { balancer } = await serve(await make())
    const answer = await balancer.fetch({ url: '/stream' })
    expect([answer.status, answer.text]).toEqual([200, 'one two'])
    expect(answer.headers['content-type']).toContain('text/plain')
  })

  test('sends no body for HEAD', async () => {
    const { balancer } = await serve(await make())
    const answer = await balancer.fetch({ url: '/hello/world', method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
  })

  test('turns an error into a 500 and goes on', async () => {
    const { balancer } = await serve(await make())
    expect((await balancer.fetch({ url: '/boom' })).status).toBe(500)
    expect((await balancer.fetch({ url: '/hello/again' })).status).toBe(200)
  })

  test('is notified when a client disconnects', async () => {
    const { balancer } = await serve(await make())
    const call = balancer.call({ url: '/sum', method: 'POST', isOpen: true })
    call.stream.write(Buffer.from('{'))
    await new Promise(setImmediate)
    call.stream.reset('CANCELLED')
    expect((await balancer.fetch({ url: '/hello/again' })).status).toBe(200)
  })
})
