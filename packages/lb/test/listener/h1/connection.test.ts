import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, maxHeaderSize, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { OptionError } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LoadBalancer } from '../../../src/load-balancer.ts'
import type { PoolWorker } from '../../../src/load-balancer-options.ts'
import { ClasslessPool } from '../../../src/pool/policies/classless-pool.ts'
import {
  ask,
  type Balanced,
  openRaw,
  startBalancer,
  startWorker,
  until,
} from '../../support/balancer.ts'
import {
  answer,
  type Behaviour,
  plain,
  reported,
  silent,
  type TinyWorker,
} from '../../support/tiny-worker.ts'

/** Answers with the path, and with the body if there is one. */
const echo: Behaviour = async ({ head, body, stream }) => {
  const text = `${head.method} ${head.url} ${await body}`
  stream.respond(plain, Buffer.from(text), reported)
}

async function start(behaviour: Behaviour = echo): Promise<Balanced> {
  return startBalancer([await startWorker(behaviour)])
}

/** Starts a server whose clients may be silent for so many milliseconds only. */
async function startImpatient(
  headersTimeout: number,
  keepAliveTimeout: number,
  given?: TinyWorker,
): Promise<number> {
  const worker = given ?? (await startWorker(echo))
  const balancer = new LoadBalancer({ workers: [worker.address] })
  const server = createServer({ headersTimeout, keepAliveTimeout })
  balancer.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    balancer.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/**
 * Opens a connection that is idle after a request, until the server closes it. Resolves with what
 * came.
 */
async function closedByIdleness(port: number): Promise<string> {
  const { socket, received, closed } = openRaw(port)
  socket.write(get('/'))
  await closed
  return received()
}

/** A raw connection, the next one of the server, with a look at what the server has read of it. */
function openWatched(port: number, server: Server) {
  let theirs: Socket | undefined
  server.once('connection', (socket: Socket) => {
    theirs = socket
  })
  const raw = openRaw(port)
  /** Resolves when the server has read everything that was written. */
  const read = () => until(() => theirs?.bytesRead === raw.socket.bytesWritten)
  return { ...raw, read, theirs: () => theirs }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const chunked =
  'POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'

/** Bodies of the answers that have come whole. */
const bodies = (text: string) =>
  [...text.matchAll(/Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/g)].map((found) => {
    const at = found.index + found[0].length
    return text.slice(at, at + Number(found[1]))
  })

describe('a connection', () => {
  test('carries one plain request after the other', async () => {
    const { port } = await start()
    const { socket, received } = openRaw(port)
    for (const [count, text] of [get('/1'), post('/2', 'body'), get('/3')].entries()) {
      socket.write(text)
      await until(() => bodies(received()).length === count + 1)
    }
    expect(bodies(received())).toEqual(['GET /1 ', 'POST /2 body', 'GET /3 '])
  })

  test('says for how long it is kept', async () => {
    const { port } = await start()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const { headers } = await ask(port, { agent })
    expect(headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=5' })
    expect(Date.parse(headers.date ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  test('ends with the response if the client says so', async () => {
    const { port } = await start()
    const { socket, received, closed } = openRaw(port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await closed
    expect(received()).toMatch(/\r\nConnection: close\r\n/)
    expect(bodies(received())).toEqual(['GET / '])
  })

  test.each(['Keep-Alive', 'CLOSE'])('understands Connection: %s', async (value) => {
    const { port } = await start()
    const { socket, received } = openRaw(port)
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: ${value}\r\n\r\n`)
    await until(() => bodies(received()).length === 1)
    const persistence = value.toLowerCase()
    expect(received().toLowerCase()).toContain(`\r\nconnection: ${persistence}\r\n`)
  })

  test('takes a body that looks like an end of a head', async () => {
    const { port } = await start()
    const { socket, received } = openRaw(port)
    socket.write(post('/', 'body\r\n\r\n'))
    await until(() => bodies(received()).length === 1)
    expect(bodies(received())).toEqual(['POST / body\r\n\r\n'])
  })

  test('takes a head byte by byte', async () => {
    const { port } = await start()
    const { socket, received } = openRaw(port)
    socket.setNoDelay(true)
    for (const byte of post('/slow', 'body')) {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => bodies(received()).length === 1)
    expect(bodies(received())).toEqual(['POST /slow body'])
  })

  test.each([
    ['a body in chunks', chunked, 'POST /chunked x'],
    [
      'an old version',
      'GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n',
      'GET /old ',
    ],
  ])('goes on after a request with %s', async (_what, text, body) => {
    const { port } = await start()
    const { socket, received } = openRaw(port)
    for (const [count, next] of [get('/1'), text, get('/3'), post('/4', 'y')].entries()) {
      socket.write(next)
      await until(() => bodies(received()).length === count + 1)
    }
    expect(bodies(received())).toEqual(['GET /1 ', body, 'GET /3 ', 'POST /4 y'])
  })

  test.each([
    ['requests', [get('/1'), get('/2'), get('/3')]],
    ['requests with bodies', [post('/1', 'a'), post('/2', 'b'), get('/3')]],
    ['a body that is not plain among them', [get('/1'), chunked, post('/3', 'c')]],
  ])('answers %s that come at once, in their order', async (_what, texts) => {
    const { port, ended } = await start()
    const { socket, received } = openRaw(port)
    socket.write(texts.join(''))
    await until(() => bodies(received()).length === 3)
    expect(bodies(received()).map((body) => body.split(' ')[1])).toEqual(
      texts.map((text) => text.split(' ')[1]),
    )
    await until(() => ended.length === 3)
  })

  test('answers what comes before the last request, and nothing behind it', async () => {
    const { port, ended } = await start()
    const { socket, received, closed } = openRaw(port)
    socket.write(`GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${get('/evil')}`)
    await closed
    expect(bodies(received())).toEqual(['GET /last '])
    expect(ended.length).toBe(1)
  })

  test('answers a request that comes while another is in progress', async () => {
    const worker = await startWorker(silent)
    const { port, server } = await startBalancer([worker])
    const { socket, received, read } = openWatched(port, server)
    socket.write(get('/1'))
    const { head, stream } = await worker.caught(1)
    socket.write(get('/2'))
    await read()
    worker.behaviour = ({ head, stream }) => stream.respond(plain, Buffer.from(head.url), reported)
    stream.respond(plain, Buffer.from(head.url), reported)
    await until(() => bodies(received()).length === 2)
    expect(bodies(received())).toEqual(['/1', '/2'])
  })

  test('that is not HTTP is refused as by Node', async () => {
    const { port } = await start()
    const { socket, received, closed } = openRaw(port)
    socket.write('\x16\x03\x01 hello\r\n\r\n')
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('that sends line ends without end is refused', async () => {
    const { port } = await start()
    const { socket, received, closed } = openRaw(port)
    socket.write('\r\n'.repeat(maxHeaderSize))
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test('that does not read its last response is closed', async () => {
    const clock = new ManualClock()
    const { port, server } = await startBalancer([], { clock })
    const { socket, closed, theirs } = openWatched(port, server)
    await until(() => theirs() !== undefined)
    // As if what was sent before had filled all buffers on the way.
    ;(theirs() as Socket)._write = () => undefined
    socket.write('no request\r\n\r\n')
    await until(() => (theirs()?.writableLength ?? 0) > 0)
    await clock.advance(60_000)
    await closed
  })

  test('with a head that is too long is refused as by Node', async () => {
    const { port } = await start()
    const { socket, received, closed } = openRaw(port)
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`)
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 431 /)
  })

  test.each<[string, (padding: string) => string]>([
    ['ends with a long field', (a) => `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${a}\r\n\r\n`],
    ['has its host behind a long field', (a) => `GET / HTTP/1.1\r\nX-A: ${a}\r\nHost: a\r\n\r\n`],
    ['names its host twice', (a) => `GET http://a/ HTTP/1.1\r\nHost: a\r\nX-A: ${a}\r\n\r\n`],
  ])(
    'may have a head of as many bytes as the server allows, and no more, that %s',
    async (_what, head) => {
      const { port } = await start()
      for (const [length, status] of [
        [maxHeaderSize, 200],
        [maxHeaderSize + 1, 431],
      ] as const) {
        const { socket, received } = openRaw(port)
        socket.write(head('a'.repeat(length - head('').length)))
        await until(() => received().includes('\r\n\r\n'))
        expect([length, received().slice(9, 12)]).toEqual([length, String(status)])
      }
    },
  )

  test('gets 408 if its head is late, however slowly that arrives', async () => {
    const { socket, received, closed } = openRaw(await startImpatient(200, 60_000))
    socket.write('GET /late HTTP/1.1\r\nX-A: ')
    const timer = setInterval(() => socket.write('a'), 20)
    onTestFinished(() => clearInterval(timer))
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 408 .*Connection: close/s)
  })

  test('gets 408 if a later head is late', async () => {
    const { socket, received, closed } = openRaw(await startImpatient(200, 60_000))
    socket.write(get('/1'))
    await until(() => bodies(received()).length === 1)
    socket.write('GET /late')
    await closed
    expect(bodies(received())[0]).toBe('GET /1 ')
    expect(received()).toMatch(/HTTP\/1\.1 408 /)
  })

  test('may take the time between two requests for a head', async () => {
    const port = await startImpatient(60_000, 50)
    const { socket, received } = openRaw(port)
    socket.write(`${get('/1')}GET /2 HTTP/1.1\r\n`)
    await until(() => bodies(received()).length === 1)
    await closedByIdleness(port)
    socket.write('Host: a\r\n\r\n')
    await until(() => bodies(received()).length === 2)
    expect(bodies(received())).toEqual(['GET /1 ', 'GET /2 '])
  })

  test('that says nothing is closed', async () => {
    const { socket, closed } = openRaw(await startImpatient(50, 60_000))
    await closed
    expect(socket.bytesRead).toBe(0)
  })

  test('that is idle after a request is closed', async () => {
    const received = await closedByIdleness(await startImpatient(60_000, 50))
    expect(bodies(received)).toEqual(['GET / '])
  })

  test('may stay silent for longer while a response is awaited', async () => {
    const worker = await startWorker(silent)
    const port = await startImpatient(200, 200, worker)
    const { socket, received } = openRaw(port)
    socket.write(get('/'))
    const { stream } = await worker.caught(1)
    // One that came later and says nothing is closed first.
    await openRaw(port).closed
    stream.respond(plain, Buffer.from('late'), reported)
    await until(() => bodies(received()).length === 1)
    expect(bodies(received())).toEqual(['late'])
  })

  test('of a client that leaves gives its request up', async () => {
    const worker = await startWorker(silent)
    const { port, ended, balancer } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.write(get('/'))
    const { reset } = await worker.caught(1)
    socket.destroy()
    expect(await reset).toBe('CANCELLED')
    expect(ended.map(({ status }) => status)).toEqual([499])
    expect(balancer.backlog).toBe(0)
  })

  test('of a client that leaves in the middle of a body gives its request up', async () => {
    const worker = await startWorker(silent)
    const { port, ended } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbeginning')
    const { reset } = await worker.caught(1)
    socket.destroy()
    expect(await reset).toBe('CANCELLED')
    expect(ended.map(({ status }) => status)).toEqual([499])
  })
})

describe('after the last response', () => {
  /** A client that goes on sending after the server has ended. */
  const openStubborn = (port: number) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    onTestFinished(() => {
      socket.destroy()
    })
    return { socket, closed }
  }
  const connectionsOf = (server: Server) =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))

  test('no more requests are served, even if the body was still on its way', async () => {
    const worker = await startWorker(answer('early'))
    const { port, server } = await startBalancer([worker])
    const { socket } = openStubborn(port)
    socket.write(
      'POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999\r\n\r\nxx',
    )
    await once(socket.resume(), 'end')
    socket.write('y'.repeat(99_997) + get('/evil'))
    await expect.poll(() => connectionsOf(server), { timeout: 60_000 }).toBe(0)
    expect(worker.requests.map(({ head }) => head.url)).toEqual(['/a'])
  })

  test('the connection is closed though the client does not close it', async () => {
    const { port, server } = await start(answer('x'))
    const { socket } = openStubborn(port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await once(socket.resume(), 'end')
    await expect.poll(() => connectionsOf(server), { timeout: 60_000 }).toBe(0)
  })

  test('the connection is closed though the client sends without end', async () => {
    const { port } = await start(answer('enough'))
    const { socket, closed } = openStubborn(port)
    socket.resume()
    socket.write(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n',
    )
    const chunk = Buffer.alloc(64 * 1024)
    const timer = setInterval(() => socket.write(chunk), 1)
    onTestFinished(() => clearInterval(timer))
    await closed
  })
})

describe('a client that leaves', () => {
  test.each([1, 3])('is noticed with %i requests waiting behind its own', async (count) => {
    const worker = await startWorker(silent)
    const { port, ended, server } = await startBalancer([worker])
    const { socket, read } = openWatched(port, server)
    socket.write(get('/first'))
    await worker.caught(1)
    for (let sent = 0; sent < count; sent++) {
      socket.write(get('/next'))
      await read()
    }
    socket.destroy()
    await until(() => ended.length === 1)
    expect(ended.map(({ status }) => status)).toEqual([499])
  })

  test('in the middle of a response leaves what it has sent ahead unread', async () => {
    const errors: Error[] = []
    const worker = await startWorker(({ stream }) => {
      stream.respond(plain)
      for (let count = 0; count < 200; count++) stream.write(Buffer.alloc(50_000))
      stream.end(reported)
    })
    const { port, server, ended } = await startBalancer([worker])
    server.on('clientError', (error) => errors.push(error))
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => {
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.pause()
    socket.write(get('/1'))
    await worker.caught(1)
    socket.end(get('/2'))
    await until(() => ended.length === 1)
    socket.resume()
    await once(socket, 'close')
    expect(errors).toEqual([])
    expect(worker.requests.length).toBe(1)
  })
})

test('a response of unknown length that breaks off ends a connection of the file system', async () => {
  const worker = await startWorker(({ stream }) => {
    stream.respond(plain, Buffer.from('part'))
    stream.reset('FAILED')
  })
  const balancer = new LoadBalancer({ workers: [worker.address] })
  const server = createServer()
  balancer.attach(server)
  const directory = mkdtempSync(join(tmpdir(), 'resumelb-'))
  const path = join(directory, 'socket')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    balancer.destroy()
    server.close()
    rmSync(directory, { recursive: true })
  })
  const socket = connect(path)
  socket.write('GET / HTTP/1.0\r\n\r\n')
  await once(socket.resume(), 'close')
})

test('an answer reaches a client that ends its side in the same turn', async () => {
  let theirs: Socket | undefined
  /** Lets the client's end come between the worker's answer and the end of the turn. */
  class EndingPool extends ClasslessPool<PoolWorker> {
    override assign(...args: Parameters<ClasslessPool<PoolWorker>['assign']>) {
      const assignment = super.assign(...args)
      if (assignment === undefined) return undefined
      const finish: typeof assignment.finish = (...outcome) => {
        assignment.finish(...outcome)
        process.nextTick(() => theirs?.push(null))
      }
      return { worker: assignment.worker, finish }
    }
  }
  const worker = await startWorker(answer('just in time'))
  const { port, server } = await startBalancer([worker], { pool: new EndingPool() })
  server.on('connection', (socket: Socket) => {
    theirs = socket
  })
  const { socket, received, closed } = openRaw(port)
  socket.write(get('/'))
  await closed
  expect(bodies(received())).toEqual(['just in time'])
})

describe('draining', () => {
  test('ends idle connections, and others with their response', async () => {
    const worker = await startWorker(silent)
    const { port, balancer } = await startBalancer([worker])
    const idle = openRaw(port)
    const busy = openRaw(port)
    busy.socket.write(get('/'))
    const { stream } = await worker.caught(1)
    balancer.drain()
    await idle.closed
    expect(busy.socket.destroyed).toBe(false)
    stream.respond(plain, Buffer.from('last'), reported)
    await busy.closed
    expect(busy.received()).toMatch(/\r\nConnection: close\r\n/)
    expect(bodies(busy.received())).toEqual(['last'])
  })

  test.each([
    ['plain', get('/')],
    ['of Node', chunked],
  ])('ends a connection, %s, whose response had begun before', async (_kind, request) => {
    const worker = await startWorker(({ stream }) => stream.respond(plain, Buffer.from('begun')))
    const { port, balancer } = await startBalancer([worker])
    const { socket, received, closed } = openRaw(port)
    socket.write(request)
    const { stream } = await worker.caught(1)
    await until(() => received().includes('begun'))
    balancer.drain()
    stream.end(reported)
    await closed
    expect(received()).toMatch(/\r\n0\r\n\r\n$/)
  })

  test('ends a connection that was answered before all of its request had come', async () => {
    const { port, balancer } = await start(answer('enough'))
    const { socket, received, closed } = openRaw(port)
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nxx')
    await until(() => bodies(received()).length === 1)
    balancer.drain()
    await closed
  })

  test('ends connections that come later, and say nothing', async () => {
    const { port, balancer } = await start()
    balancer.drain()
    await openRaw(port).closed
  })

  test('waits for a request that is just coming, until nothing more has come for 50 ms', async () => {
    const clock = new ManualClock()
    const { port, server, balancer } = await startBalancer([await startWorker(echo)], { clock })
    const coming = openWatched(port, server)
    coming.socket.write('GET /late HTTP/1.1\r\n')
    await coming.read()
    const stuck = openWatched(port, server)
    stuck.socket.write('GET /never HTTP/1.1\r\n')
    await stuck.read()
    balancer.drain()
    await clock.advance(49)
    coming.socket.write('Host: a\r\n')
    await coming.read()
    expect(stuck.theirs()?.destroyed).toBe(false)
    await clock.advance(1)
    expect(stuck.theirs()?.destroyed).toBe(true)
    await clock.advance(49)
    coming.socket.write('\r\n')
    await coming.closed
    expect(bodies(coming.received())).toEqual(['GET /late '])
    expect(coming.received()).toMatch(/\r\nConnection: close\r\n/)
  })

  test('ends connections with a part of a head', async () => {
    const { port, balancer } = await start()
    const plainOne = openRaw(port)
    plainOne.socket.write('GET / HT')
    const other = openRaw(port)
    other.socket.write(chunked)
    await until(() => bodies(other.received()).length === 1)
    other.socket.write('GET / HT')
    balancer.drain()
    await plainOne.closed
    await other.closed
  })
})

describe('attach', () => {
  test.each([
    ['a server that is none of HTTP', () => createNetServer() as unknown as Server],
    ['a server of node:tls with a listener', () => createTlsServer(() => undefined)],
    ['a server of HTTP/2', () => createHttp2Server() as unknown as Server],
    ['a server with a listener for its requests', () => createServer(() => undefined)],
    [
      'a server whose connections other code handles',
      () => createServer().on('connection', () => 0),
    ],
  ])('refuses %s', (_what, make) => {
    const balancer = new LoadBalancer()
    onTestFinished(() => balancer.destroy())
    expect(() => balancer.attach(make())).toThrow(OptionError)
  })
})
