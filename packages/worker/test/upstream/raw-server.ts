/** Servers of few bytes and no library, ended after each test. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { serverHost } from '@resumelb/common/testing'
import { afterEach } from 'vitest'

const running = new Map<Server, Set<Socket>>()

afterEach(async () => {
  for (const server of [...running.keys()]) await close(server)
})

async function close(server: Server): Promise<void> {
  for (const socket of running.get(server) ?? []) socket.destroy()
  running.delete(server)
  if (!server.listening) return
  server.close()
  await once(server, 'close')
}

export interface RawServer {
  readonly url: string
  readonly port: number
  /** Connections that have been made so far. */
  connections(): number
  close(): Promise<void>
}

/** Calls back for each connection, with the number of those before. */
export async function rawServer(
  onConnection: (socket: Socket, number: number) => void,
  port = 0,
): Promise<RawServer> {
  let count = 0
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket, count++)
  })
  running.set(server, sockets)
  server.listen(port, serverHost)
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${serverHost}:${taken}`,
    port: taken,
    connections: () => count,
    close: () => close(server),
  }
}

/** Answers every read with these bytes: for requests without a body. */
export function answering(response: string | Buffer): (socket: Socket) => void {
  return (socket) => socket.on('data', () => socket.write(response))
}
