/** The server that a worker listens with: one for TLS if there are certificates. */
import { createServer, type Server, type Socket } from 'node:net'
import type { WorkerHello } from '@resumelb/protocol'
import type { Balancers } from './balancers.ts'
import type { ResolvedOptions } from './options.ts'
import { createSecureServer } from './secure-server.ts'

/** `hello` is called for each connection. */
export function createWorkerServer(
  { tls, connection }: Pick<ResolvedOptions, 'tls' | 'connection'>,
  balancers: Balancers,
  hello: () => WorkerHello,
): Server {
  const accept = (socket: Socket) => balancers.accept(socket, hello())
  if (tls === undefined) return createServer(accept)
  return createSecureServer({
    certificates: tls,
    handshakeTimeout: connection.helloTimeout,
    onSocket: accept,
    onRefused: (from, reason) => balancers.refused(from, reason),
  })
}
