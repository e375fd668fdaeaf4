/** Upgraded connections through a load balancer, to workers whose every move a test decides. */
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import type { AwakeClock } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { withUpgrade } from '@resumelb/protocol'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Tunnel } from '../../src/proxy/tunnel.ts'
import type { WorkerStream } from '../../src/workers/worker.ts'
import { ask, openRaw, readerName, startBalancer, startWorker, until } from '../support/balancer.ts'
import { answer, type Behaviour, silent, type TinyWorker } from '../support/tiny-worker.ts'

const granted = { status: 101, reason: '', headers: withUpgrade('X-A\n1', 'websocket') } as const

const grant: Behaviour = ({ stream }) => stream.respond(granted)

/** Grants, and gives back whatever comes. */
const echo: Behaviour = async (caught) => {
  const { stream, chunks } = caught
  let hasEnded = false
  const end = () => {
    hasEnded = true
  }
  void caught.body.then(end)
  void caught.reset.then(end)
  grant(caught)
  while (chunks.length > 0 || !hasEnded) {
    const chunk = chunks.shift()
    if (chunk === undefined) await new Promise((resolve) => setImmediate(resolve))
    else if (!stream.write(chunk)) await caught.drained()
  }
  stream.end()
}

const head = (...fields: string[]) =>
  `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n${fields
    .map((field) => `${field}\r\n`)
    .join('')}\r\n`

async function upgradingWorker(behaviour: Behaviour): Promise<TinyWorker> {
  const worker = await startWorker(behaviour)
  worker.says = { upgrades: true }
  return worker
}

/** A client whose upgrade was granted; `received` is what came behind the head. */
async function openTunnel(port: number, { allowHalfOpen = false } = {}) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => undefined)
  const ended = once(socket, 'end')
  const closed = once(socket, 'close')
  onTestFinished(() => void socket.destroy())
  socket.write(head())
  const end = () => Buffer.concat(chunks).indexOf('\r\n\r\n')
  await until(() => end() >= 0)
  const received = () => Buffer.concat(chunks)
  expect(received().toString('latin1')).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
  return { socket, ended, closed, received: () => received().subarray(end() + 4) }
}

describe(`an upgrade (read by ${readerName()})`, () => {
  test('sets the cookie of a session, and goes to the worker that it names', async () => {
    const workers = [await upgradingWorker(grant), await upgradingWorker(grant)]
    const { port } = await startBalancer(workers, { sticky: { cookie: 'worker' } })
    const upgrade = async (...fields: string[]) => {
      const { socket, received, closed } = openRaw(port)
      socket.write(head(...fields))
      await until(() => received().includes('\r\n\r\n'))
      socket.destroy()
      await closed
      return /^Set-Cookie: (worker=[^;]+);/m.exec(received())?.[1]
    }
    const cookie = await upgrade()
    expect(cookie).toBeDefined()
    for (let i = 0; i < 3; i++) expect(await upgrade(`Cookie: ${cookie}`)).toBeUndefined()
    expect(workers.map(({ requests }) => requests.length).sort()).toEqual([0, 4])
  })

  test('is asked for with its fields, and granted with those of the worker', async () => {
    const worker = await upgradingWorker(grant)
    const { port, balancer } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    socket.write(head('Sec-WebSocket-Key: k', 'X-Forwarded-For: 1.2.3.4'))
    await until(() => received().includes('\r\n\r\n'))
    const [line, ...fields] = received().trimEnd().split('\r\n')
    expect(line).toBe('HTTP/1.1 101 Switching Protocols')
    expect(fields.sort()).toEqual([
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Via: 1.1 resumelb',
      'X-A: 1',
      `X-Request-Id: ${balancer.id}-1`,
    ])
    const { headers } = (await worker.caught(1)).head
    expect(headers).toContain('Connection\nUpgrade\nUpgrade\nwebsocket')
    expect(headers).toContain('Sec-WebSocket-Key\nk')
    expect(headers).not.toContain('1.2.3.4')
  })

  test('lets bytes pass in both directions, and each end by itself', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended, balancer } = await startBalancer([worker])
    const { socket, closed, received } = await openTunnel(port)
    const { stream, body } = await worker.caught(1)
    socket.end('from the client')
    expect((await body).toString()).toBe('from the client')
    expect(balancer.backlog).toBe(1)
    stream.write(Buffer.from('still '))
    await until(() => received().toString() === 'still ')
    stream.write(Buffer.from('here'))
    stream.end()
    await closed
    expect(received().toString()).toBe('still here')
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({
      status: 101,
      bytesSent: 10,
      outcome: 'served',
      isTruncated: false,
    })
    expect(balancer.backlog).toBe(0)
  })

  test('ends in the other order as well', async () => {
    const worker = await upgradingWorker(({ stream }) => {
      stream.respond(granted)
      stream.write(Buffer.from('bye'))
      stream.end()
    })
    const { port } = await startBalancer([worker])
    const { socket, ended, closed, received } = await openTunnel(port, { allowHalfOpen: true })
    await ended
    expect(received().toString()).toBe('bye')
    socket.end('answer')
    const { body } = await worker.caught(1)
    expect((await body).toString()).toBe('answer')
    await closed
  })

  test('passes on what the client has sent before it was granted', async () => {
    const worker = await upgradingWorker(silent)
    const { port } = await startBalancer([worker])
    const { socket } = openRaw(port)
    socket.write(`${head()}early`)
    const { stream, chunks } = await worker.caught(1)
    socket.write(' bird')
    expect(chunks).toEqual([])
    stream.respond(granted)
    await until(() => Buffer.concat(chunks).toString() === 'early bird')
  })

  test('passes any bytes in any pieces, both ways at once', async () => {
    const worker = await upgradingWorker(echo)
    const { port } = await startBalancer([worker])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), { maxLength: 6 }),
        async (pieces) => {
          const { socket, closed, received } = await openTunnel(port)
          for (const piece of pieces) socket.write(piece)
          socket.end()
          await closed
          expect(received().equals(Buffer.concat(pieces))).toBe(true)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('holds no more than a window of what is not read, in either direction', async () => {
    const worker = await upgradingWorker(grant)
    worker.consumes = false
    const { port, balancer } = await startBalancer([worker])
    const { socket, received } = await openTunnel(port)
    const { stream, chunks } = await worker.caught(1)
    const much = Buffer.alloc(8 * 1024 * 1024, 'x')
    // To the worker, which gives no credit.
    socket.write(much)
    await until(() => Buffer.concat(chunks).length === 65_536)
    // To the client, which reads nothing.
    socket.pause()
    stream.write(much)
    let waiting = stream.queuedBytes
    await until(() => {
      const before = waiting
      waiting = stream.queuedBytes
      return waiting < much.length && waiting === before
    })
    expect(waiting).toBeGreaterThan(1024 * 1024)
    expect(balancer.workers[0]?.unsentLength).toBe(0)
    socket.resume()
    await until(() => received().length === much.length)
    stream.consumed(65_536)
    await until(() => Buffer.concat(chunks).length === 2 * 65_536)
  })

  test('that is refused is an ordinary response, the last of the connection', async () => {
    const worker = await upgradingWorker(answer('no'))
    const { port } = await startBalancer([worker])
    const { socket, received, closed } = openRaw(port)
    socket.write(`${head()}GET /evil HTTP/1.1\r\nHost: a\r\n\r\n`)
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*\r\n\r\nno$/s)
    expect(worker.requests).toHaveLength(1)
    // The worker need not wait for anything more of the request.
    expect((await (await worker.caught(1)).body).length).toBe(0)
  })

  test('that is refused notices that its client leaves, whatever the client has sent', async () => {
    const worker = await upgradingWorker(({ stream }) => {
      stream.respond({ status: 200, reason: '', headers: '' })
      stream.write(Buffer.from('a part'))
    })
    const { port, balancer } = await startBalancer([worker])
    const { socket, received } = openRaw(port)
    socket.write(head())
    socket.write(Buffer.alloc(200_000))
    await until(() => received().includes('a part'))
    socket.destroy()
    await until(() => balancer.backlog === 0)
  })

  test('goes to a worker that takes upgrades, and is 501 if none does', async () => {
    const [old, able] = [await startWorker(answer('page')), await upgradingWorker(grant)]
    const both = await startBalancer([old, able])
    await openTunnel(both.port)
    await openTunnel(both.port)
    expect(able.requests).toHaveLength(2)
    const { port } = await startBalancer([old])
    const { socket, received, closed } = openRaw(port)
    socket.write(head())
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 501 .*The upgrade is not supported/s)
    expect(old.requests).toHaveLength(0)
  })

  test('waits for a worker like any other request', async () => {
    const worker = await upgradingWorker(grant)
    worker.load = { ...worker.load, state: 'draining' }
    const { port, balancer } = await startBalancer([])
    const { socket, received } = openRaw(port)
    socket.write(head())
    await until(() => balancer.waiting === 1)
    worker.load = { ...worker.load, state: 'ready' }
    balancer.setWorkers([worker.address])
    await until(() => received().startsWith('HTTP/1.1 101'))
  })

  test('that was not asked for is no valid response', async () => {
    const worker = await upgradingWorker(grant)
    const { port } = await startBalancer([worker])
    expect(await ask(port)).toMatchObject({ status: 502 })
  })

  test('is repeated at another worker if the first is lost before it has answered', async () => {
    const workers = [await upgradingWorker(silent), await upgradingWorker(silent)]
    const { port } = await startBalancer(workers)
    const { socket, received } = openRaw(port)
    socket.write(head())
    await until(() => workers.some(({ requests }) => requests.length === 1))
    const [first, other] = workers[0]?.requests.length === 1 ? workers : workers.toReversed()
    ;(other as TinyWorker).behaviour = grant
    first?.breakConnections()
    await until(() => received().startsWith('HTTP/1.1 101'))
  })

  test('closes its client when the worker is lost in the middle', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended, balancer } = await startBalancer([worker])
    const { closed } = await openTunnel(port)
    worker.breakConnections()
    await closed
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, reason: 'WORKER_LOST', isTruncated: true })
    expect(balancer.backlog).toBe(0)
  })

  test('closes its client when the application destroys the connection', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended } = await startBalancer([worker])
    const { closed } = await openTunnel(port)
    ;(await worker.caught(1)).stream.reset('ABORTED')
    await closed
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, outcome: 'served', reason: undefined })
  })

  test('is given up at the worker when the client breaks the connection', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended } = await startBalancer([worker])
    const { socket } = await openTunnel(port)
    socket.resetAndDestroy()
    expect(await (await worker.caught(1)).reset).toBe('CANCELLED')
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, outcome: 'served' })
  })

  test('ends when nothing has moved for as long as --tunnel-timeout', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended } = await startBalancer([worker], { tunnelTimeout: 50 })
    const { closed } = await openTunnel(port)
    await closed
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, reason: 'TUNNEL_TIMEOUT', outcome: 'abandoned' })
  })

  test('ends by --tunnel-timeout also after the event loop has stood still', () => {
    const clock = { isCatchingUp: true } as AwakeClock
    const onTunnelIdle = vi.fn()
    const events = { onTunnelIdle, onTunnelReset: () => {}, onTunnelClosed: () => {} }
    const client = new Socket()
    const options = { clock, isWebSocket: false, idleTimeout: 60_000 }
    new Tunnel(client, { isOver: true } as WorkerStream, options, events).begin(undefined)
    client.emit('timeout')
    expect(onTunnelIdle).not.toHaveBeenCalled()
    Object.assign(clock, { isCatchingUp: false })
    client.emit('timeout')
    expect(onTunnelIdle).toHaveBeenCalledOnce()
    client.destroy()
  })

  test('is held to none of the times of requests', async () => {
    const worker = await upgradingWorker(grant)
    const times = { responseTimeout: 20, clientTimeout: 20 }
    const { port, ended } = await startBalancer([worker], times)
    const { socket, received } = await openTunnel(port)
    // Something that is held to them.
    worker.behaviour = silent
    expect(await ask(port)).toMatchObject({ status: 504 })
    expect(ended).toHaveLength(1)
    const { stream } = await worker.caught(1)
    stream.write(Buffer.from('alive'))
    await until(() => received().toString() === 'alive')
    socket.destroy()
  })
})

describe('a load balancer that drains', () => {
  const goodbye = Buffer.from('880203e9', 'hex')

  test('closes WebSockets with 1001 after --upgrade-drain-timeout, between two frames', async () => {
    const worker = await upgradingWorker(grant)
    const clock = new ManualClock()
    const options = { upgradeDrainTimeout: 500, clock }
    const { port, balancer } = await startBalancer([worker], options)
    const { socket, closed, received } = await openTunnel(port, { allowHalfOpen: true })
    const { stream, chunks } = await worker.caught(1)
    const frame = Buffer.from('8203616263', 'hex')
    stream.write(Buffer.concat([frame, frame.subarray(0, 3)]))
    await until(() => received().length === 8)
    balancer.drain()
    await clock.advance(400)
    socket.write('still heard')
    await until(() => Buffer.concat(chunks).toString() === 'still heard')
    await clock.advance(200)
    // In the middle of a frame it waits.
    stream.write(frame.subarray(3, 4))
    await until(() => received().length === 9)
    stream.write(Buffer.concat([frame.subarray(4), frame]))
    await until(() => received().length > 10)
    const all = Buffer.concat([frame, frame, goodbye])
    expect(received().toString('hex')).toBe(all.toString('hex'))
    // The client answers, the application too, and ends.
    socket.end('close frame')
    await until(() => Buffer.concat(chunks).toString() === 'still heardclose frame')
    stream.write(goodbye)
    stream.end()
    await closed
    expect(received().toString('hex')).toBe(all.toString('hex'))
    await balancer.close()
  })

  test('cuts a client that does not close', async () => {
    const clock = new ManualClock()
    const worker = await upgradingWorker(grant)
    const { port, balancer } = await startBalancer([worker], { upgradeDrainTimeout: 0, clock })
    const { closed, received } = await openTunnel(port)
    balancer.drain()
    await clock.advance(200)
    await until(() => received().equals(goodbye))
    await clock.advance(2_500)
    await closed
  })

  test('just ends what is no WebSocket', async () => {
    const headers = withUpgrade('', 'chat')
    const worker = await upgradingWorker(({ stream }) => stream.respond({ ...granted, headers }))
    const { port, balancer } = await startBalancer([worker], { upgradeDrainTimeout: 0 })
    const { ended, received } = await openTunnel(port)
    balancer.drain()
    await ended
    expect(received()).toHaveLength(0)
  })

  test('fails the requests that last too long, and no upgraded connection', async () => {
    const worker = await upgradingWorker(grant)
    const { port, balancer } = await startBalancer([worker])
    const { received } = await openTunnel(port)
    worker.behaviour = silent
    const asked = ask(port)
    await worker.caught(2)
    balancer.drain()
    expect(balancer.cutOff()).toBe(1)
    expect(await asked).toMatchObject({ status: 503 })
    ;(await worker.caught(1)).stream.write(Buffer.from('x'))
    await until(() => received().toString() === 'x')
  })

  test('closes a WebSocket with 1001 when a worker in maintenance refuses it', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended, balancer } = await startBalancer([worker])
    const { received, closed } = await openTunnel(port)
    const began = once(balancer.events, 'maintenanceBegan')
    worker.tell({ state: 'draining', maintenance: true })
    await began
    ;(await worker.caught(1)).stream.reset('REFUSED')
    await closed
    expect(received().toString('hex')).toBe(goodbye.toString('hex'))
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, isTruncated: false })
    expect(worker.connections.size).toBe(1)
  })

  test('closes WebSockets with 1001 when a worker that drains ends its connection', async () => {
    const worker = await upgradingWorker(grant)
    const { port, ended, balancer } = await startBalancer([worker])
    const { received, closed } = await openTunnel(port)
    const draining = once(balancer.events, 'workerDraining')
    worker.tell({ state: 'draining' })
    await draining
    for (const connection of worker.connections) connection.close()
    await closed
    expect(received().toString('hex')).toBe(goodbye.toString('hex'))
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ status: 101, isTruncated: false })
  })
})
