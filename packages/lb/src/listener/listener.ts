/** Serves the connections of a server directly, instead of with `node:http`. */
import { Server as PlainServer } from 'node:http'
import type { Socket } from 'node:net'
import { Server as SecureServer, type TLSSocket } from 'node:tls'
import { OptionError } from '@resumelb/common'
import { Connections, type ConnectionsOptions, type ServerSettings } from './connections.ts'

/**
 * A server whose connections can be served: one of `node:http` or `node:https`, or another one of
 * `node:tls`, such as a secure one of `node:http2`.
 */
export type AttachableServer = PlainServer | SecureServer

export class Listener {
  readonly #connections: Connections

  /**
   * Takes over the new connections of a server. Throws an {@link OptionError} for a server of
   * another kind, and for one that has listeners already.
   */
  constructor(server: AttachableServer, options: ConnectionsOptions) {
    const isSecure = server instanceof SecureServer
    const event = isSecure ? 'secureConnection' : 'connection'
    const own = server.listeners(event) as ((socket: Socket) => void)[]
    const isBare = Object.getPrototypeOf(server) === SecureServer.prototype
    const isHeard = own.length !== (isBare ? 0 : 1) || server.listenerCount('request') > 0
    if (!(isSecure || server instanceof PlainServer) || isHeard) {
      const expected = 'a new server of node:http, node:https or node:tls'
      throw new OptionError('the server', expected, (server as object).constructor.name)
    }
    this.#connections = new Connections(server as Partial<ServerSettings>, options)
    for (const listener of own) server.off(event, listener)
    if (isSecure) this.#takeSecure(server)
    else server.on('connection', (socket: Socket) => this.#connections.takeH1(socket))
  }

  /** See {@link Connections.drain}. */
  drain(): void {
    this.#connections.drain()
  }

  /** See {@link Connections.destroy}. */
  destroy(): void {
    this.#connections.destroy()
  }

  #takeSecure(server: SecureServer): void {
    const connections = this.#connections
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') connections.takeH2(socket)
      else connections.takeH1(socket)
    })
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const { code, message } = error
      const { peerOf, refuseUnanswered } = connections.setting
      const { address } = peerOf(socket)
      // Servers of node:https do that themselves, those of node:tls do not after a timeout.
      socket.destroy()
      // As port scanners and health checks do: they connect and leave.
      if (code !== 'ECONNRESET') refuseUnanswered('BAD_HANDSHAKE', address, code ?? message)
    })
  }
}
