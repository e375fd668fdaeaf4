/** Clients against servers that accept and say little; no ZooKeeper is needed for that. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ManualClock } from '@resumelb/common/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { ipv6Available } from '../../../../test/support/tools.ts'
import { authRequest, clientStates, type LibraryClient } from '../../src/client/library.ts'
import { createCleanClient, disposeClient } from '../../src/client/workarounds.ts'
import { eventually, patient } from '../harness.ts'

const sessionTimeout = 3000

let server: Server | undefined
let client: LibraryClient | undefined
const sockets: Socket[] = []

afterEach(async () => {
  if (client !== undefined) disposeClient(client)
  for (const socket of sockets.splice(0)) socket.destroy()
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))
})

/** A client that dials a server which says only what `accept` does. */
async function dial(host = '127.0.0.1', accept: (socket: Socket) => void = () => undefined) {
  const silent = createServer((socket) => {
    sockets.push(socket)
    socket.resume().on('error', () => socket.destroy())
    accept(socket)
  })
  server = silent
  await new Promise<void>((resolve) => silent.listen(0, host, resolve))
  const { port } = silent.address() as AddressInfo
  const clock = new ManualClock()
  const failures: string[] = []
  const states: number[] = []
  const dialling = createCleanClient(
    {
      ensemble: { servers: [{ host, port }], chroot: '' },
      sessionTimeout,
      credentials: [{ user: 'a', password: 'b' }],
      ticket: undefined,
    },
    {
      stateChanged: (state) => states.push(state),
      heard: () => undefined,
      failed: ({ message }) => failures.push(message),
    },
    clock,
  )
  client = dialling
  dialling.connect()
  return { client: dialling, clock, failures, states }
}

/** A server's answer to the handshake: length, version, timeout, session id, password. */
function welcome(): Buffer {
  const answer = Buffer.alloc(41)
  answer.writeInt32BE(37, 0)
  answer.writeInt32BE(sessionTimeout, 8)
  answer.writeBigInt64BE(1n, 12)
  answer.writeInt32BE(16, 20)
  return answer
}

/** What was asked for behind the handshake: each packet has a length, an xid and a type. */
function requestTypes(bytes: Buffer): number[] {
  const types: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readInt32BE(at)) {
    if (at > 0 && at + 12 <= bytes.length) types.push(bytes.readInt32BE(at + 8))
  }
  return types
}

describe('a clean client', patient, () => {
  test('gives a server a third of the session timeout to answer the handshake', async () => {
    const { clock, failures } = await dial()
    await eventually(() => [clock.pending, sockets.length]).toEqual([1, 1])
    await clock.advance(sessionTimeout / 3 - 1)
    expect(failures).toEqual([])
    await clock.advance(1)
    expect(failures).toEqual(['the server accepted the connection but did not answer'])
    await eventually(() => sockets[0]?.closed).toBe(true)
    // And tries again.
    await eventually(() => sockets.length).toBe(2)
  })

  test('forgets half of a packet when the connection breaks in it', async () => {
    const accept = (socket: Socket): void => {
      // The first connection ends within a packet, the second has a whole answer to the handshake.
      if (sockets.length === 1)
        socket.write(Buffer.from([0, 0, 0, 200, 1, 2, 3]), () => socket.end())
      else socket.write(welcome())
    }
    const { states } = await dial('127.0.0.1', accept)
    await eventually(() => states).toContain(clientStates.connected)
  })

  test('authenticates once and first, however often it was turned away', async () => {
    let received = Buffer.alloc(0)
    const accept = (socket: Socket): void => {
      if (sockets.length <= 4) return void socket.destroy()
      socket.on('data', (data) => {
        received = Buffer.concat([received, data])
      })
      socket.write(welcome())
    }
    const { client: authenticating } = await dial('127.0.0.1', accept)
    authenticating.exists('/', () => undefined)
    const exists = 3
    await eventually(() => requestTypes(received)).toContain(exists)
    expect(requestTypes(received)).toEqual([authRequest, exists])
  })

  test.skipIf(!ipv6Available())('dials IPv6 addresses', async () => {
    await dial('::1')
    await eventually(() => sockets.length).toBe(1)
  })

  test.each([
    ['in the turn in which it began', 0, () => undefined],
    ['with a connection under way', 1, () => undefined],
    ['in the pause before another attempt', 4, (socket: Socket) => void socket.destroy()],
  ])('dials no more once it is disposed of, %s', async (_rule, attempts, accept) => {
    for (let round = 0; round < 2; round++) {
      const { client: disposed } = await dial('127.0.0.1', accept)
      if (attempts > 0) await eventually(() => sockets.length).toBeGreaterThanOrEqual(attempts)
      disposeClient(disposed)
      // What the client had dialled before may still arrive.
      await sleep(50)
      const dialled = sockets.length
      // Longer than the library's longest pause between two attempts, whose timers are its own.
      await sleep(600)
      expect(sockets).toHaveLength(dialled)
      expect(sockets.every(({ closed }) => closed)).toBe(true)
      sockets.length = 0
      await new Promise((resolve) => server?.close(resolve))
    }
  })

  test('fails what was asked of it when it is disposed of', async () => {
    const { client: disposed } = await dial()
    const answer = new Promise((resolve) => disposed.exists('/', resolve))
    disposeClient(disposed)
    await expect(answer).resolves.toMatchObject({ name: 'CONNECTION_LOSS' })
  })
})
