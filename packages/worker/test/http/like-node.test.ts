/** A handler cannot tell a worker from Node's own server: each script runs in both. */
import { once } from 'node:events'
import { createServer, IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished, PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import type { Question } from '../support/balancer.ts'
import { serve, until } from '../support/setup.ts'

type Note = (...facts: unknown[]) => void
type Script = (req: IncomingMessage, res: ServerResponse, note: Note) => unknown

interface Row {
  readonly rule: string
  readonly script: Script
  readonly question?: Question
}

interface Result {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
  readonly trailers: readonly string[]
  readonly interim: readonly unknown[]
  readonly notes: readonly string[]
}

const long = 'z'.repeat(1_000_000)

/** Ways to read a body; each resolves with its length. */
const readers: readonly (readonly [
  name: string,
  read: (req: IncomingMessage) => Promise<number>,
])[] = [
  ['data', async (req) => sum(req, (add) => req.on('data', add))],
  [
    'readable',
    async (req) =>
      sum(req, (add) =>
        req.on('readable', () => {
          for (let chunk = req.read(); chunk !== null; chunk = req.read()) add(chunk)
        }),
      ),
  ],
  [
    'pieces larger than a window',
    async (req) =>
      sum(req, (add) =>
        req.on('readable', () => {
          for (let chunk = req.read(300_000); chunk !== null; chunk = req.read(300_000)) add(chunk)
        }),
      ),
  ],
  [
    'pieces of ten bytes',
    async (req) =>
      sum(req, (add) =>
        req.on('readable', () => {
          for (let chunk = req.read(10); chunk !== null; chunk = req.read(10)) add(chunk)
        }),
      ),
  ],
  [
    'iteration',
    async (req) => {
      let length = 0
      for await (const chunk of req) length += chunk.length
      return length
    },
  ],
  ['text', async (req) => (await text(req)).length],
  [
    'pipe',
    (req) => {
      const through = req.pipe(new PassThrough())
      return sum(through, (add) => through.on('data', add))
    },
  ],
  [
    'a stream of the Web',
    async (req) => {
      let length = 0
      for await (const chunk of Readable.toWeb(req)) length += chunk.length
      return length
    },
  ],
]

function sum(stream: Readable, read: (add: (chunk: Buffer) => void) => void): Promise<number> {
  let length = 0
  read((chunk) => {
    length += chunk.length
  })
  return new Promise((resolve, reject) => {
    stream.on('end', () => resolve(length))
    stream.on('error', reject)
  })
}

const rows: readonly Row[] = [
  {
    rule: 'writeHead takes an object',
    script: (_req, res) => res.writeHead(201, { 'X-One': '1', 'X-Many': ['a', 'b'] }).end('ok'),
  },
  {
    rule: 'writeHead takes a reason and an object',
    script: (_req, res) => res.writeHead(201, 'Very Well', { 'X-One': 1 }).end('ok'),
  },
  {
    rule: 'writeHead takes names and values in turn',
    script: (_req, res) => res.writeHead(200, ['X-One', '1', 'X-One', '2']).end('ok'),
  },
  {
    rule: 'writeHead adds to what setHeader has set',
    script: (_req, res, note) => {
      res.setHeader('X-Set', 'old')
      res.setHeader('X-Kept', ['a', 'b'])
      res.writeHead(200, { 'x-set': 'new' })
      note(res.getHeaders(), res.headersSent)
      res.end()
    },
  },
  {
    rule: 'headers are set, appended, read, and removed',
    script: (_req, res, note) => {
      res.setHeader('X-One', 1)
      res.appendHeader('X-One', '2')
      res.setHeader('Gone', 'x')
      res.removeHeader('Gone')
      note(res.getHeader('x-one'), res.hasHeader('gone'), res.getHeaderNames())
      res.end('ok')
    },
  },
  {
    rule: 'statusCode and statusMessage count without writeHead',
    script: (_req, res) => {
      res.statusCode = 404
      res.statusMessage = 'Nowhere'
      res.end('no')
    },
  },
  {
    rule: 'headers cannot be set after they have been sent',
    script: (_req, res, note) => {
      res.flushHeaders()
      note(res.headersSent)
      note(codeOf(() => res.setHeader('X', '1')))
      note(codeOf(() => res.writeHead(200)))
      res.end('ok')
    },
  },
  {
    rule: 'bad headers and bad statuses throw',
    script: (_req, res, note) => {
      note(codeOf(() => res.setHeader('bad name', '1')))
      note(codeOf(() => res.setHeader('X', 'a\nb')))
      note(codeOf(() => res.writeHead(99)))
      note(codeOf(() => res.writeHead(200, { 'X-Bad': 'a\r\nb' })))
      res.end('ok')
    },
  },
  {
    rule: 'bad chunks throw',
    script: (_req, res, note) => {
      note(codeOf(() => res.write(5 as never)))
      note(codeOf(() => res.write(null as never)))
      res.end('ok')
    },
  },
  {
    rule: 'a response ends: flags, events, callbacks in order',
    script: (_req, res, note) => {
      note(res.writableEnded, res.finished, res.writableFinished, res.headersSent)
      for (const event of ['prefinish', 'finish', 'close']) {
        res.on(event, () => note(event, res.writableEnded, res.writableFinished))
      }
      res.write('one ', () => note('written'))
      res.end('two', () => note('ended'))
      note(res.writableEnded, res.finished, res.headersSent)
    },
  },
  {
    rule: 'a write after the end calls back with an error',
    script: (_req, res, note) => {
      res.on('error', (error: NodeJS.ErrnoException) => note('error', error.code))
      res.end('ok')
      res.write('more', (error) => note((error as NodeJS.ErrnoException)?.code))
    },
  },
  {
    // It never called back: the message of a request that was not read was left as it was.
    rule: 'a request that was not read counts as finished after the response',
    script: (req, res, note) => {
      res.on('close', () =>
        process.nextTick(() => finished(req, (error) => note('finished', error?.message))),
      )
      res.end('ok')
    },
  },
  {
    rule: 'an end after the end does nothing',
    script: (_req, res) => {
      res.end('ok')
      res.end()
    },
  },
  {
    rule: 'an end after the end calls back like the first, and after the event with an error',
    script: (_req, res, note) => {
      const codes = (what: string) => (error?: unknown) =>
        note(what, (error as NodeJS.ErrnoException | undefined)?.code ?? 'no error')
      res.on('finish', () => {
        note('finish')
        res.end(codes('too late'))
        note('called')
      })
      res.end('ok', codes('first'))
      res.end(codes('second'))
    },
  },
  {
    rule: 'HEAD has no body',
    question: { method: 'HEAD' },
    script: (_req, res) => res.end('body'),
  },
  {
    rule: 'HEAD keeps a Content-Length',
    question: { method: 'HEAD' },
    script: (_req, res) => res.writeHead(200, { 'Content-Length': '5' }).end(),
  },
  { rule: '204 has no body', script: (_req, res) => res.writeHead(204).end('body') },
  {
    rule: '304 has no body',
    script: (_req, res) => res.writeHead(304, { ETag: '"a"' }).end('body'),
  },
  {
    rule: 'text is encoded as told',
    script: (_req, res) => {
      res.write('68c3a9', 'hex')
      res.write('é', 'latin1')
      res.end(new Uint8Array([33]))
    },
  },
  {
    rule: 'trailers follow the body',
    script: (_req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('body')
      res.addTrailers({ 'X-Sum': '42' })
      res.end()
    },
  },
  {
    rule: 'early hints and 100 come before the response',
    script: (_req, res) => {
      res.writeContinue()
      res.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-hint': '1' }, () => {
        res.end('ok')
      })
    },
  },
  { rule: 'a stream is piped', script: (_req, res) => Readable.from(['a', 'b', 'c']).pipe(res) },
  {
    rule: 'a pipeline ends the response and resolves',
    script: async (_req, res, note) => {
      await pipeline(Readable.from(['a', 'b']), res)
      note('done', res.writableEnded)
    },
  },
  {
    rule: 'the request is echoed',
    question: { body: 'x'.repeat(100_000), method: 'PUT' },
    script: (req, res) => req.pipe(res),
  },
  {
    rule: 'the request is read by iteration',
    question: { body: 'some text', method: 'POST' },
    script: async (req, res, note) => {
      let text = ''
      for await (const chunk of req) text += chunk
      note(text, req.complete, req.readableEnded, req.aborted)
      res.end('ok')
    },
  },
  {
    rule: 'the request tells its head',
    question: {
      url: '/a?b=c',
      headers: ['X-One', '1', 'x-one', '2', 'Cookie', 'a=1', 'Cookie', 'b=2'],
    },
    script: (req, res, note) => {
      const { 'x-one': one, cookie } = req.headers
      note(req.method, req.url, req.httpVersion, one, cookie, req.headersDistinct['x-one'])
      note(req.rawHeaders.includes('X-One'), req.rawHeaders.length % 2)
      res.end()
    },
  },
  {
    rule: 'a request of a client that speaks HTTP/2 is one of HTTP/1.1',
    question: { httpVersion: '2.0' },
    script: (req, res, note) => {
      note(req.httpVersion, req.httpVersionMajor, req.httpVersionMinor)
      res.writeHead(200, 'Fine').end()
      note(res.shouldKeepAlive, res.statusMessage)
    },
  },
  {
    rule: 'a request without a body ends',
    script: (req, res, note) => {
      req.on('data', () => note('data'))
      req.on('end', () => {
        note('end', req.complete)
        res.end('ok')
      })
      req.on('close', () => note('closed'))
    },
  },
  {
    rule: 'a body that is not read is discarded',
    question: { body: 'y'.repeat(200_000), method: 'POST' },
    script: (_req, res) => res.writeHead(413).end('too much'),
  },
  ...readers.map(
    ([name, read]): Row => ({
      // Above some 130 kB it hung: credit was owed, and not given.
      rule: `a big body is read late, by ${name}`,
      question: { body: long, method: 'POST' },
      script: async (req, res, note) => {
        await until(() => req.readableLength > 0)
        note(req.complete, await read(req))
        res.end('ok')
      },
    }),
  ),
  {
    rule: 'a short body is in the buffer before anybody reads',
    question: { body: 'hello', method: 'POST' },
    script: async (req, res, note) => {
      note(req.complete, req.readableLength)
      await until(() => req.complete)
      note(req.readableLength, req.read()?.toString(), req.read())
      res.end('ok')
    },
  },
  {
    rule: 'a listener for an end that was there before it is told',
    script: async (req, res, note) => {
      await until(() => req.complete)
      req.on('readable', () => note('readable', req.read()))
      req.on('end', () => res.end('ok'))
    },
  },
  {
    rule: 'listeners that do not read hear of the end of nothing',
    script: (req, res, note) => {
      req.on('readable', () => note('readable'))
      req.on('end', () => res.end('ok'))
    },
  },
  {
    rule: 'a short body that is not read is over after the response',
    question: { body: 'hello', method: 'POST' },
    script: (req, res, note) => {
      for (const event of ['end', 'close', 'aborted', 'error']) req.on(event, () => note(event))
      res.on('close', () => setImmediate(() => note(req.destroyed, req.readableLength)))
      res.end('ok')
    },
  },
  {
    rule: 'a request is over after its response',
    script: (req, res, note) => {
      res.on('close', () =>
        setImmediate(() => note(req.complete, req.destroyed, req.readableEnded, req.aborted)),
      )
      res.end('ok')
    },
  },
  {
    rule: 'hop-by-hop fields are the connection’s own',
    script: (_req, res) => {
      res.setHeader('Connection', 'close')
      res.end('ok')
    },
  },
  ...(['req', 'res', 'socket'] as const).map((whose) => ({
    rule: `setTimeout of ${whose} calls back when nothing has moved`,
    script: (req: IncomingMessage, res: ServerResponse, note: Note) => {
      const callback = () => {
        note('timeout', res.headersSent)
        res.writeHead(503).end('late')
      }
      // A request that is complete does not hear of it, which leaves it to the connection.
      if (whose !== 'req') res.on('timeout', () => note('heard'))
      const about = { req, res, socket: req.socket }[whose]
      note(about.setTimeout(20, callback) === about, req.socket.timeout)
    },
  })),
  {
    rule: 'a timeout without a listener closes the connection',
    script: (req, res, note) => {
      req.socket.setTimeout(20)
      req.socket.on('timeout', () => note('timeout', req.socket.destroyed))
      res.on('close', () => note('closed', res.writableFinished))
    },
  },
  {
    rule: 'a timeout that is called off does not come',
    script: (req, res, note) => {
      req.setTimeout(20, () => note('timeout'))
      req.setTimeout(0)
      note(req.socket.timeout)
      setTimeout(() => res.end('ok'), 60)
    },
  },
  {
    rule: 'bad timeouts throw',
    script: (req, res, note) => {
      note(codeOf(() => req.socket.setTimeout('1' as never)))
      note(codeOf(() => req.socket.setTimeout(-1)))
      note(codeOf(() => req.socket.setTimeout(1, 1 as never)))
      res.end()
    },
  },
  ...([undefined, new Error('boom')] as const).map((error) => ({
    rule: `a destroyed socket closes the connection, ${error ? 'with' : 'without'} an error`,
    script: (req: IncomingMessage, res: ServerResponse, note: Note) => {
      const { socket } = req
      socket.on('error', ({ message }) => note('error', message))
      socket.on('close', (hadError) => note('socket closed', hadError))
      req.on('aborted', () => note('aborted'))
      req.on('error', (failure: NodeJS.ErrnoException) => note('req error', failure.code))
      res.on('close', () => note('res closed', res.writableFinished))
      note(socket.destroy(error) === socket, socket.destroyed, socket.writable, socket.readable)
    },
  })),
  {
    rule: 'a destroyed response closes the connection, in the middle too',
    script: (req, res, note) => {
      res.write('part')
      req.socket.on('error', ({ message }) => note('error', message))
      res.on('close', () => note('res closed', res.writableFinished))
      setImmediate(() => {
        res.destroy(new Error('boom'))
        note(res.destroyed, req.socket.destroyed)
      })
    },
  },
  {
    rule: 'a socket that is ended before the response closes the connection',
    script: (req) => void req.socket.end(),
  },
  {
    rule: 'what a socket tells may be replaced',
    script: (req, res, note) => {
      const socket = req.socket as unknown as Record<string, unknown>
      socket['encrypted'] = true
      socket['writable'] = false
      note(socket['encrypted'], socket['writable'])
      socket['writable'] = true
      res.end('ok')
    },
  },
  {
    rule: 'request, response and socket look as Node’s',
    script: (req, res, note) => {
      const { socket } = req
      note(req.constructor.name, res.constructor.name, req instanceof IncomingMessage)
      note(Object.keys(req).filter((key) => key.startsWith('_') && !key.startsWith('_e')))
      note(socket === res.socket, socket === req.connection, socket === res.connection)
      note((req as unknown as { client: unknown }).client === socket, res.req === req)
      note(socket.readyState, socket.destroyed, socket.localFamily, socket.localAddress)
      note(socket.localPort !== undefined && socket.localPort > 0, socket.connecting)
      note((socket as unknown as { _httpMessage: unknown })._httpMessage === res)
      note('server' in socket, typeof socket.resetAndDestroy, socket.setNoDelay() === socket)
      note(socket.ref() === socket, socket.unref() === socket, socket.setKeepAlive() === socket)
      const tail = () => note(res.socket === null, req.socket === socket, res.writableFinished)
      res.on('finish', tail)
      res.end('ok')
    },
  },
]

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'no error'
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

/** What only a server with sockets says, or says of its own. */
const ofTheHop = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

function endToEnd(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheHop.includes(name)))
}

function noter(): { note: Note; notes: string[] } {
  const notes: string[] = []
  return { notes, note: (...facts) => notes.push(JSON.stringify(facts)) }
}

/** What a client has whose connection is closed before the response is whole. */
const broken = { status: 0, headers: {}, text: '', trailers: [], interim: [] }

async function inWorker({ script, question = {} }: Row): Promise<Result> {
  const { note, notes } = noter()
  let closed: Promise<unknown> = Promise.resolve()
  const { balancer } = await serve((req, res) => {
    closed = new Promise((resolve) => res.once('close', resolve))
    return script(req, res, note)
  })
  const answer = await balancer.fetch(question).catch(() => undefined)
  await closed
  await new Promise(setImmediate)
  if (answer === undefined) return { ...broken, notes }
  const { status, headers, text, trailers, interim } = answer
  return {
    status,
    headers: endToEnd(headers),
    text,
    trailers,
    interim: interim.map((head) => head.status),
    notes,
  }
}

async function inNode({ script, question = {} }: Row): Promise<Result> {
  const { note, notes } = noter()
  let closed: Promise<unknown> = Promise.resolve()
  const server = createServer((req, res) => {
    closed = new Promise((resolve) => res.once('close', resolve))
    return script(req, res, note)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const result = await askNode((server.address() as AddressInfo).port, question).catch(
      () => broken,
    )
    await closed
    await new Promise(setImmediate)
    return { ...result, notes }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function askNode(port: number, question: Question): Promise<Omit<Result, 'notes'>> {
  const method = question.method ?? 'GET'
  const body = question.body === undefined ? '' : question.body
  const headers = ['Host', 'site.example', ...(question.headers ?? [])]
  if (body.length > 0) headers.push('Content-Length', String(body.length))
  const path = question.url ?? '/'
  const sent = request({ port, host: '127.0.0.1', method, path, headers: headers as never })
  const interim: number[] = []
  sent.on('information', ({ statusCode }) => interim.push(statusCode))
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const named: Record<string, string> = {}
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    named[name] = (values ?? []).join(', ')
  }
  return {
    status: response.statusCode ?? 0,
    headers: endToEnd(named),
    text: Buffer.concat(chunks).toString(),
    trailers: response.rawTrailers,
    interim,
  }
}

describe('a handler in a worker', () => {
  test.each(rows)('$rule', async (row) => {
    const [worker, node] = [await inWorker(row), await inNode(row)]
    expect(worker).toEqual(node)
  })
})
