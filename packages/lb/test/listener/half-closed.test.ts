/** Clients that end their side of the connection, and clients that wait before they send a body. */
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LoadBalancer } from '../../src/load-balancer.ts'
import { openRaw, startBalancer, startWorker, until } from '../support/balancer.ts'
import { type Behaviour, plain, reported, silent } from '../support/tiny-worker.ts'

const ok = Buffer.from('ok')
const echo: Behaviour = async ({ body, stream }) => {
  await body
  stream.respond(plain, ok, reported)
}

/** Sends this and the end of the client's side; resolves with all that comes back. */
function sendAndEnd(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('end', () => socket.destroy())
    socket.on('close', () => resolve(received))
    socket.end(text, 'latin1')
  })
}

/** Sends a request whose answer waits, on a clock of its own. */
async function startLast(text: string) {
  const clock = new ManualClock()
  const worker = await startWorker(silent)
  const balanced = await startBalancer([worker], { clock })
  let theirs: Socket | undefined
  balanced.server.on('connection', (socket: Socket) => {
    theirs = socket
  })
  const raw = openRaw(balanced.port)
  raw.socket.write(text)
  await worker.caught(1)
  const end = () => new Promise((resolve) => (theirs as Socket).once('end', resolve))
  return { ...balanced, ...raw, clock, worker, end }
}

describe('a client that ends its side', () => {
  test.each([
    ['of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['with Connection: close', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    [
      'with a body',
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
    ],
    ['with chunks', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ])('after its last request, %s, is answered', async (_what, text) => {
    const { port } = await startBalancer([await startWorker(echo)])
    expect(await sendAndEnd(port, text)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nok$/s)
  })

  test.each([
    ['of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['with a body', 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi'],
  ])('within 20 ms after its last request, %s, is answered', async (_what, text) => {
    const { clock, socket, received, end, worker } = await startLast(text)
    await clock.advance(19)
    const hasEnded = end()
    socket.end()
    await hasEnded
    const { stream } = await worker.caught(1)
    stream.respond(plain, ok, reported)
    await until(() => received().endsWith('ok'))
  })

  test.each([
    ['of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['with Connection: close', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['with a body', 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi'],
  ])('later than 20 ms after its last request, %s, has left', async (_what, text) => {
    const { clock, socket, received, worker, ended } = await startLast(text)
    await clock.advance(20)
    await new Promise(setImmediate)
    socket.end()
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
    await until(() => ended.length === 1)
    expect(ended[0]?.status).toBe(499)
    expect(received()).toBe('')
  })

  test('has left at once if no time for that is given', async () => {
    const worker = await startWorker(silent)
    const { port, ended } = await startBalancer([worker], { halfCloseTime: 0 })
    expect(await sendAndEnd(port, 'GET / HTTP/1.0\r\n\r\n')).toBe('')
    await until(() => ended.length === 1)
    expect(ended[0]?.status).toBe(499)
  })

  test('is answered if its end came in time while the event loop was blocked', async () => {
    const { clock, socket, received, end, worker } = await startLast('GET / HTTP/1.0\r\n\r\n')
    const hasEnded = end()
    await new Promise<void>((resolve) => socket.end(resolve))
    clock.standStill(1000)
    await clock.advance(0)
    await hasEnded
    const { stream } = await worker.caught(1)
    stream.respond(plain, ok, reported)
    await until(() => received().endsWith('ok'))
  })

  test('after a request that need not be the last has left', async () => {
    const worker = await startWorker(silent)
    const { port, ended } = await startBalancer([worker])
    expect(await sendAndEnd(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('')
    await until(() => ended.length === 1)
    expect(ended[0]?.status).toBe(499)
  })

  test('in the middle of a head gets 400', async () => {
    const { port } = await startBalancer([])
    expect(await sendAndEnd(port, 'GET / HTTP/1.1\r\nHost')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('after its last request, and then resets, has left', async () => {
    const worker = await startWorker(silent)
    const { port, ended } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const { reset } = await worker.caught(1)
    socket.resetAndDestroy()
    expect(await reset).toBe('CANCELLED')
    await until(() => ended.length === 1)
  })
})

describe('a client that waits for a word', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'

  test('gets it when the application asks for the body', async () => {
    const worker = await startWorker(silent)
    const { port } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    socket.write(head)
    const { head: asked, stream, body } = await worker.caught(1)
    expect(asked.headers).toMatch(/^Expect\n100-continue$/m)
    expect(received()).toBe('')
    stream.respond({ ...plain, status: 100 })
    stream.respond({ ...plain, status: 100 })
    await until(() => received() === 'HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hi')
    expect((await body).toString()).toBe('hi')
    stream.respond(plain, ok, reported)
    await until(() => received().endsWith('ok'))
    expect(received().match(/100 Continue/g)).toHaveLength(1)
    expect(received()).toContain('Connection: keep-alive')
  })

  test('does not get it if the application refuses the body, and its connection ends', async () => {
    const worker = await startWorker(({ stream }) =>
      stream.respond({ ...plain, status: 413 }, undefined, reported),
    )
    const { port } = await startBalancer([worker])
    const { socket, received, closed } = openRaw(port)
    socket.write(head)
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s)
  })
})

test('a request of HTTP/2 is refused, and the log says why', async () => {
  const told: string[] = []
  const note = (_facts: unknown, message: string) => void told.push(message)
  const log = { debug: note, info: note, warn: note, error: note }
  const balancer = new LoadBalancer({ log })
  const server = createHttp2Server(balancer.handleRequest as never).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
    balancer.destroy()
  })
  const status = await new Promise((resolve) =>
    session.request({ ':path': '/' }).on('response', (headers) => resolve(headers[':status'])),
  )
  expect(status).toBe(505)
  expect(told).toContain('handleRequest serves requests of node:http and node:https only')
})
