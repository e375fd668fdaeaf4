import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { ManualClock } from '@resumelb/common/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dial } from '../src/dial.ts'

describe('dial', () => {
  let server: Server
  let port: number
  const accepted: Socket[] = []

  beforeEach(async () => {
    server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  afterEach(() => {
    for (const socket of accepted.splice(0)) socket.destroy()
    server.close()
  })

  const closedPort = async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port: free } = other.address() as AddressInfo
    other.close()
    await once(other, 'close')
    return free
  }

  test.each(['127.0.0.1', 'localhost', ''])('reaches a server at "%s"', async (host) => {
    const clock = new ManualClock()
    const socket = await dial({ host, port }, 1000, { clock })
    expect(socket.readyState).toBe('open')
    expect(clock.pending).toBe(0)
    socket.destroy()
  })

  test('hands out a socket whose later errors end nothing', async () => {
    const socket = await dial({ host: '127.0.0.1', port }, 1000)
    socket.destroy(new Error('broken before anybody listens'))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(socket.destroyed).toBe(true)
  })

  test.each(['127.0.0.1', 'localhost'])('says why %s cannot be reached', async (host) => {
    const free = await closedPort()
    await expect(dial({ host, port: free }, 1000)).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        new RegExp(`^cannot connect to ${host}:${free}: .*ECONNREFUSED`),
      ),
    })
  })

  test('gives up in time', async () => {
    const clock = new ManualClock()
    const dialled = dial({ host: '127.0.0.1', port }, 50, { clock })
    const refused = expect(dialled).rejects.toMatchObject({ code: 'UNREACHABLE' })
    // Rings before the event loop can hear of any answer.
    await clock.advance(50)
    await refused
    expect(clock.pending).toBe(0)
  })

  test('gives up when it is aborted, before or after it has begun', async () => {
    const address = { host: '127.0.0.1', port }
    const given = { code: 'UNREACHABLE', message: expect.stringContaining('aborted') }
    const clock = new ManualClock()
    await expect(dial(address, 1000, { signal: AbortSignal.abort(), clock })).rejects.toMatchObject(
      given,
    )
    const controller = new AbortController()
    const dialled = dial(address, 1000, { signal: controller.signal, clock })
    controller.abort()
    await expect(dialled).rejects.toMatchObject(given)
    expect(clock.pending).toBe(0)
  })
})
