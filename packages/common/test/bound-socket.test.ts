import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { TcpAddress } from '../src/address.ts'
import { type BoundSocket, bindAt, passedSocket } from '../src/bound-socket.ts'
import { addressOfServer, listenAt, listenOn } from '../src/listen.ts'

const anyPort = { host: '127.0.0.1', port: 0 }

/** Binds sockets that are closed with the test. */
async function bind(...[address, count, options]: Parameters<typeof bindAt>) {
  const sockets = await bindAt(address, count, options)
  onTestFinished(() => {
    for (const socket of sockets) socket.close()
  })
  return sockets as readonly [BoundSocket, ...BoundSocket[]]
}

function startServer(): Server {
  const server = createServer((socket) => socket.end())
  onTestFinished(() => void server.close())
  return server
}

/** `refused`, or `connected`. */
function attempt({ port }: TcpAddress): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => resolve('connected'))
    socket.on('error', () => resolve('refused'))
    socket.on('close', () => undefined).resume()
  })
}

test('a bound socket takes connections only while a server listens at it', async () => {
  const [socket] = await bind(anyPort, 1)
  const address = socket.address as TcpAddress
  expect(await attempt(address)).toBe('refused')
  const server = startServer()
  await listenOn(server, socket.descriptor)
  expect(addressOfServer(server)).toEqual(address)
  expect(await attempt(address)).toBe('connected')
})

test('several sockets have the same port, or one is shared', async () => {
  const sockets = await bind(anyPort, 3)
  expect([1, 3]).toContain(sockets.length)
  expect(new Set(sockets.map(({ address }) => (address as TcpAddress).port)).size).toBe(1)
  expect(passedSocket(sockets[0].descriptor).address).toEqual(sockets[0].address)
})

test.each([1, 2])('a port that is taken is refused, also to %d sockets', async (count) => {
  const server = startServer()
  await listenAt(server, anyPort)
  const address = addressOfServer(server) as TcpAddress
  await expect(bindAt(address, count, { option: '--address' })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringMatching(new RegExp(`^--address: .*:${address.port}$`)),
  })
})

test('a unix socket has its mode, and is removed when it is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-bound-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'socket')
  const [socket, ...others] = await bindAt({ path }, 2, { mode: 0o600 })
  expect(others).toEqual([])
  expect(socket?.address).toEqual({ path })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  socket?.close()
  await expect(stat(path)).rejects.toThrow('ENOENT')
  await expect(bindAt({ path: join(folder, 'none', 'x') }, 1)).rejects.toThrow(
    'there is no directory',
  )
})
