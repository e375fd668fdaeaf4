/** The server of a worker that speaks TLS: only clients with a valid certificate get through. */
import type { Server, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { explainTls, type PeerCertificates } from '@resumelb/protocol'
import { originOf } from './origin-of.ts'

/** Handshakes in progress. The oldest one of more is broken off. */
const maxHandshakes = 64

export interface SecureServerOptions {
  readonly certificates: PeerCertificates
  /** Milliseconds for the handshake. */
  readonly handshakeTimeout: number
  /** A client has shown a valid certificate. */
  onSocket(socket: Socket): void
  /** The connection of a client, whose address is `from`, is closed: its TLS is no good. */
  onRefused(from: string, reason: string): void
}

/**
 * Creates the server. Until it is closed, new connections get the certificates as their files are.
 */
export function createSecureServer(options: SecureServerOptions): Server {
  const { certificates, handshakeTimeout } = options
  const server = createServer({
    ...certificates.tlsOptions,
    handshakeTimeout,
    requestCert: true,
    rejectUnauthorized: true,
  })
  /** Addresses of clients by their sockets: one that is closed does not know it any more. */
  const handshakes = new Map<Socket, string>()
  server.on('connection', (socket: Socket) => {
    handshakes.set(socket, originOf(socket))
    const [oldest] = handshakes.keys()
    if (handshakes.size <= maxHandshakes || oldest === undefined) return
    handshakes.delete(oldest)
    oldest.destroy()
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    handshakes.delete(rawSocketOf(socket))
    options.onSocket(socket)
  })
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    // Node.js leaves that to us where a handshake takes too long.
    socket.destroy()
    const raw = rawSocketOf(socket)
    const from = handshakes.get(raw)
    // Node.js may report the closing of a connection besides its cause.
    if (!handshakes.delete(raw) || from === undefined) return
    options.onRefused(from, reasonOf(error, socket))
  })
  server.on('listening', () => {
    const renew = () => server.setSecureContext(certificates.tlsOptions)
    renew()
    server.once('close', certificates.watch(renew))
  })
  return server
}

/** The socket below that of a TLS connection, as Node.js keeps it. */
function rawSocketOf(socket: TLSSocket): Socket {
  return (socket as unknown as { _parent: Socket })._parent
}

function reasonOf(error: Error, socket: TLSSocket): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'it has no certificate'
  // After what was wrong with the certificate, Node.js reports a closed connection.
  const { authorizationError } = socket
  if (authorizationError) return `certificate refused: ${authorizationError}`
  if (code === 'ECONNRESET') {
    return 'it closed the connection in the TLS handshake: does it trust our certificate?'
  }
  return explainTls(error, 'it') ?? error.message
}
