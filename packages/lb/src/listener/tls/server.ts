/** Servers for clients that speak TLS. */
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Certificates } from './certificates.ts'

/** Milliseconds that a client may take for the handshake. */
const handshakeTimeout = 10_000

/** Options of `node:http` servers that count for TLS as well. Times are in milliseconds. */
export interface TlsServerOptions
  extends Pick<ServerOptions, 'maxHeaderSize' | 'keepAliveTimeout' | 'headersTimeout'> {
  /** Whether clients may choose HTTP/2; true by default. */
  readonly http2?: boolean
}

/**
 * Creates a server that speaks HTTP/2 and HTTP/1.1, as clients choose (ALPN), once
 * `LoadBalancer.attach` has taken it. From `listen` to `close`, new connections get the
 * certificates as their files are.
 */
export function createTlsServer(
  certificates: Certificates,
  { http2 = true, ...options }: TlsServerOptions = {},
): Server {
  const server = createServer({
    ...options,
    ...certificates.secureOptions,
    handshakeTimeout,
    // That requests go on is watched by the load balancer.
    requestTimeout: 0,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    SNICallback: (name, callback) => callback(null, certificates.contextFor(name)),
  } as ServerOptions)
  // What has changed before it listens.
  const useDefault = () => server.setSecureContext(certificates.secureOptions)
  server.on('listening', () => {
    useDefault()
    server.once('close', certificates.watch(useDefault))
  })
  return server
}
