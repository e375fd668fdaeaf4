/** Connections that servers of `node:http` release because a request asks for an upgrade. */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { requestText } from '../http/h1-text.ts'
import { Connections, type ConnectionsOptions, type ServerSettings } from './connections.ts'
import { responseInProgress } from './node/internals.ts'

/**
 * Node's server has read the head of the request, and nothing behind it: from there on the
 * connection is read here, as those of attached servers are, beginning with that request.
 */
export class ReleasedConnections {
  readonly #options: ConnectionsOptions
  /** By their server, whose times they keep. As many as a program has servers. */
  readonly #connections: Map<Partial<ServerSettings>, Connections> = new Map()
  #isDraining = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Takes what the `upgrade` event of a server tells. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const response = responseInProgress(socket)
    // Node releases a connection before it has answered what came before on it.
    if (response !== null) response.once('close', () => this.take(request, socket, head))
    else if (!socket.destroyed) this.#serve(request, socket as Socket, head)
  }

  /** See {@link Connections.drain}. */
  drain(): void {
    this.#isDraining = true
    for (const connections of this.#connections.values()) connections.drain()
  }

  /** See {@link Connections.destroy}. */
  destroy(): void {
    for (const connections of this.#connections.values()) connections.destroy()
  }

  #serve(request: IncomingMessage, client: Socket, head: Buffer): void {
    const { method = '', url = '', httpVersion, headers, rawHeaders } = request
    const text = requestText(
      { method, url, httpVersion, headers, rawHeaders, socket: client },
      noNames,
    )
    client.unshift(Buffer.concat([Buffer.from(text, 'latin1'), head]))
    const { server = unknownServer } = client as { server?: Server }
    this.#of(server).takeH1(client)
  }

  #of(server: Partial<ServerSettings>): Connections {
    let connections = this.#connections.get(server)
    if (connections === undefined) {
      connections = new Connections(server, this.#options)
      this.#connections.set(server, connections)
      if (this.#isDraining) connections.drain()
    }
    return connections
  }
}

const noNames: ReadonlySet<string> = new Set()

/** Stands for the server of a socket that does not say whose it is. */
const unknownServer: Partial<ServerSettings> = {}
