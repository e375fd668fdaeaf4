/** Requests for an upgrade as an application gets them, and what it may do with their sockets. */
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { splitHeaders, withUpgrade } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { RequestRefusedError, type UpgradeListener } from '../../src/index.ts'
import { serve, until } from '../support/setup.ts'

const asking = {
  headers: splitHeaders(withUpgrade('Sec-WebSocket-Key\nk', 'websocket')),
  isOpen: true,
}

const granted =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\n'

const page = () => undefined

/** Serves upgrades with a listener, and asks for one. */
async function ask(upgrade: UpgradeListener, options = {}) {
  const { worker, balancer } = await serve(page, { upgrade, ...options })
  return { worker, balancer, call: balancer.call(asking) }
}

describe('an upgrade', () => {
  test('is announced by a worker that takes some, and only then', async () => {
    const [without, withListener, server] = [
      await serve(page),
      await serve(page, { upgrade: () => undefined }),
      await serve(createServer()),
    ]
    expect(without.balancer.hello.worker?.upgrades).toBe(false)
    expect(withListener.balancer.hello.worker?.upgrades).toBe(true)
    expect(server.balancer.hello.worker?.upgrades).toBe(true)
  })

  test('comes with its fields and a socket that says whose it is', async () => {
    const seen: unknown[] = []
    const { call } = await ask((request, socket, head) => {
      const { headers, method, upgrade, complete } = request as typeof request & {
        upgrade: boolean
      }
      seen.push(method, headers.upgrade, headers.connection, upgrade, complete, head.length)
      seen.push(request.socket === socket, request.socket.remoteAddress, request.socket.remotePort)
      socket.end(granted)
    })
    await call.head
    expect(seen).toEqual(['GET', 'websocket', 'Upgrade', true, true, 0, true, '192.0.2.7', 4711])
  })

  test('is granted by what the application writes, and passes bytes both ways', async () => {
    const { call } = await ask((_request, socket) => {
      socket.write(granted.slice(0, 20))
      socket.write(`${granted.slice(20)}first`)
      socket.on('data', (chunk) => socket.write(String(chunk).toUpperCase()))
      socket.on('end', () => socket.end('bye'))
    })
    const head = await call.head
    expect([head.status, head.headers]).toEqual([101, withUpgrade('X-A\n1', 'websocket')])
    call.stream.write(Buffer.from('hello'))
    call.stream.end()
    expect((await call.answer).text).toBe('firstHELLObye')
  })

  test('gives the slot back, and counts for the résumé, when it is granted', async () => {
    let socket: Duplex | undefined
    const { worker, balancer, call } = await ask(
      (_request, given) => {
        socket ??= given
        given.write(granted)
      },
      { concurrency: 1 },
    )
    await call.head
    expect(worker.resume.get('site.example')?.count).toBe(1)
    expect([worker.backlog, worker.upgradedConnections]).toEqual([1, 1])
    // The only slot is free.
    expect((await balancer.call(asking).head).status).toBe(101)
    socket?.destroy()
    expect(await call.reset).toBe('ABORTED')
    await until(() => worker.backlog === 1)
  })

  test('is refused by an ordinary response, with its body and its report', async () => {
    const { call } = await ask((_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
    })
    const answer = await call.answer
    expect([answer.status, answer.text, answer.headers['connection']]).toEqual([
      401,
      'no',
      undefined,
    ])
    expect(answer.report?.skill?.count).toBe(1)
  })

  test.each([
    ['chunks', 'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n'],
    ['the end of the connection', 'HTTP/1.1 403 No\r\n\r\nno'],
  ])(
    'is refused by a response that ends with %s, also if the socket is destroyed',
    async (_, text) => {
      const { call } = await ask((_request, socket) => {
        socket.write(text)
        socket.destroy()
      })
      expect(await call.answer).toMatchObject({ status: 403, text: 'no' })
    },
  )

  test('is 501 where no listener takes upgrades', async () => {
    const { balancer } = await serve(createServer())
    expect(await balancer.fetch(asking)).toMatchObject({ status: 501, text: 'Not Implemented\n' })
  })

  test('is 500 if the listener throws or rejects, and given back if it refuses the request', async () => {
    const failing = await ask(() => {
      throw new Error('mine')
    })
    expect(await failing.call.answer).toMatchObject({ status: 500 })
    const rejecting = await ask(() => Promise.reject(new Error('mine')))
    expect(await rejecting.call.answer).toMatchObject({ status: 500 })
    const refusing = await ask(() => Promise.reject(new RequestRefusedError('not now')))
    expect(await refusing.call.reset).toBe('REFUSED')
  })

  test('that is destroyed or ended without an answer closes the client’s connection', async () => {
    for (const end of [(socket: Duplex) => socket.destroy(), (socket: Duplex) => socket.end()]) {
      const { call, worker } = await ask((_request, socket) => void end(socket))
      expect(await call.reset).toBe('ABORTED')
      await until(() => worker.backlog === 0)
    }
  })

  test('ends for the application when the client is gone', async () => {
    let closed = false
    const { call, worker } = await ask((_request, socket) => {
      socket.write(granted)
      socket.on('close', () => {
        closed = true
      })
    })
    await call.head
    call.stream.reset('CANCELLED')
    await until(() => closed && worker.backlog === 0)
  })

  test('has a socket whose timeout counts from the last byte', async () => {
    let timeouts = 0
    const { call } = await ask((request, socket) => {
      socket.write(granted)
      request.socket.setTimeout(20, () => {
        timeouts++
        // The bytes of the end start it anew.
        request.socket.setTimeout(0)
        socket.end()
      })
    })
    await call.head
    await call.answer
    expect(timeouts).toBe(1)
  })

  test('holds no more than a window of what the application does not read', async () => {
    let socket: Duplex | undefined
    const { call } = await ask((_request, given) => {
      socket = given
      given.write(granted)
    })
    await call.head
    const much = Buffer.alloc(1024 * 1024)
    call.stream.write(much)
    await until(() => call.stream.queuedBytes <= much.length - 65_536)
    expect(call.stream.queuedBytes).toBeGreaterThan(much.length / 2)
    let received = 0
    socket?.on('data', (chunk) => {
      received += chunk.length
    })
    await until(() => received === much.length)
  })
})
