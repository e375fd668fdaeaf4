/** All ways by which clients reach a load balancer: attached servers, and events of other ones. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DropArgument, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { OptionError } from '@resumelb/common'
import type { RefusedConnection } from '../http/failures.ts'
import type { Peers } from '../http/peers.ts'
import type { ConnectionsOptions } from './connections.ts'
import { type AttachableServer, Listener } from './listener.ts'
import { NodeExchange } from './node/node-exchange.ts'
import { refuseVersion } from './node/refuse.ts'
import { ProxyGate } from './proxy-gate.ts'
import { ReleasedConnections } from './released-connections.ts'

/** How a server that is attached takes its connections. */
export interface AttachOptions {
  /**
   * Whether each connection begins with a header of the PROXY protocol, version 1 or 2, from one of
   * `trustedProxies`. Others are closed.
   */
  readonly proxyProtocol?: boolean
}

export interface ListenersOptions extends Omit<ConnectionsOptions, 'peerOf'> {
  readonly peers: Peers
  /** Whether there are trusted proxies, without whom no PROXY protocol header counts. */
  readonly hasTrustedProxies: boolean
  /** A connection was closed before it carried anything. */
  readonly connectionRefused: (refused: RefusedConnection) => void
  /** Called for the first request of HTTP/2 that {@link Listeners.serve} has refused. */
  readonly http2Refused: () => void
}

export class Listeners {
  readonly #options: ListenersOptions & ConnectionsOptions
  readonly #listeners: Pick<Listener, 'drain' | 'destroy'>[] = []
  #released: ReleasedConnections | undefined
  #wasHttp2Refused = false

  constructor(options: ListenersOptions) {
    this.#options = { ...options, peerOf: (socket) => options.peers.of(socket) }
  }

  /** See `LoadBalancer.attach`. */
  attach(server: AttachableServer, { proxyProtocol = false }: AttachOptions): void {
    this.#listeners.push(new Listener(server, this.#options))
    const reason = 'the server has as many connections as it may have (--max-connections)'
    server.on('drop', ({ remoteAddress = '' }: DropArgument = {}) => {
      this.#options.connectionRefused({ cause: 'TOO_MANY_CONNECTIONS', reason, remoteAddress })
    })
    if (proxyProtocol) this.#listeners.push(this.#proxyGate(server))
  }

  /** Serves what the event `request` of a server brings. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.httpVersionMajor !== 1) this.#refuseVersion(request, response)
    // A pipelined request: it is served when the previous response is complete, unless that is the
    // last.
    else if (response.socket === null) response.once('socket', () => this.#take(request, response))
    else this.#take(request, response)
  }

  /** Serves what the event `upgrade` of a server brings. */
  serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#released === undefined) {
      this.#released = new ReleasedConnections(this.#options)
      this.#listeners.push(this.#released)
    }
    this.#released.take(request, socket, head)
  }

  /** Ends each connection with its current or next response; idle ones at once. */
  drain(): void {
    for (const listener of this.#listeners) listener.drain()
  }

  /** Closes all connections that are read here. */
  destroy(): void {
    for (const listener of this.#listeners) listener.destroy()
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    // The client has disconnected while another listener still had the request.
    if (response.destroyed) return
    const { peers, serve } = this.#options
    serve(new NodeExchange(request, response, peers.of(request.socket)))
  }

  #refuseVersion(request: IncomingMessage, response: ServerResponse): void {
    if (':method' in request.headers && !this.#wasHttp2Refused) {
      this.#wasHttp2Refused = true
      this.#options.http2Refused()
    }
    refuseVersion(response)
  }

  #proxyGate(server: AttachableServer): ProxyGate {
    const { peers, deadlines, hasTrustedProxies, connectionRefused } = this.#options
    if (!hasTrustedProxies) {
      const expectation = 'used with trustedProxies: only their headers count'
      throw new OptionError('proxyProtocol', expectation, true)
    }
    return new ProxyGate(server, {
      deadlines,
      trusts: (socket: Socket) => peers.trusts(socket),
      announce: (socket, client) => peers.announce(socket, client),
      refused: (socket, reason) => {
        const { address: remoteAddress } = peers.of(socket)
        // One that is broken already has no address, as those of health checks.
        if (remoteAddress === '') return
        connectionRefused({ cause: 'BAD_PROXY_HEADER', reason, remoteAddress })
      },
    })
  }
}
