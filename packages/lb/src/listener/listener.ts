/** Serves the connections of a server directly, instead of with `node:http`. */
import { maxHeaderSize, Server as PlainServer } from 'node:http'
import type { Socket } from 'node:net'
import { Server as SecureServer, type TLSSocket } from 'node:tls'
import { OptionError } from '@resumelb/common'
import { H1Connection } from './h1/connection.ts'
import { H1HeadParser } from './h1/head-parser.ts'
import type { H1Setting } from './h1/setting.ts'
import { WriteBatch } from './h1/write-batch.ts'
import { H2Connection } from './h2/connection.ts'
import type { ClientConnection } from './setting.ts'

/**
 * A server whose connections can be served: one of `node:http` or `node:https`, or another one of
 * `node:tls`, such as a secure one of `node:http2`.
 */
export type AttachableServer = PlainServer | SecureServer

export type ListenerOptions = Pick<
  H1Setting,
  'peerOf' | 'serve' | 'refuse' | 'refuseUnanswered' | 'deadlines' | 'halfCloseTime'
>

/**
 * Bytes of the longest head that is read as a plain one, whatever the server allows: longer ones
 * are rare.
 */
const longestPlainHead = 64 * 1024

/** What servers without such properties have: as those of `node:http`. In milliseconds. */
const usualTimes = { headersTimeout: 60_000, keepAliveTimeout: 5_000 }

export class Listener {
  readonly #connections: Set<ClientConnection> = new Set()
  readonly #writeBatch: WriteBatch = new WriteBatch()
  readonly #setting: H1Setting
  #isDraining = false

  /**
   * Takes over the new connections of a server. Throws an {@link OptionError} for any server except
   * a for a server of another kind, and for one to which somebody has listened before.
   */
  constructor(server: AttachableServer, options: ListenerOptions) {
    const isSecure = server instanceof SecureServer
    const event = isSecure ? 'secureConnection' : 'connection'
    const own = server.listeners(event) as ((socket: Socket) => void)[]
    const isBare = Object.getPrototypeOf(server) === SecureServer.prototype
    const isHeard = own.length !== (isBare ? 0 : 1) || server.listenerCount('request') > 0
    if (!(isSecure || server instanceof PlainServer) || isHeard) {
      const expected = 'a new server of node:http, node:https or node:tls'
      throw new OptionError('the server', expected, (server as object).constructor.name)
    }
    this.#setting = this.#makeSetting(server, options)
    for (const listener of own) server.off(event, listener)
    if (isSecure) this.#takeSecure(server)
    else server.on('connection', (socket: Socket) => this.#add(this.#h1(socket)))
  }

  /** Ends idle connections from now on, and others with their response. */
  drain(): void {
    this.#isDraining = true
    for (const connection of this.#connections) connection.drain()
  }

  /** Closes all connections at once; finished responses are sent first. */
  destroy(): void {
    this.#writeBatch.flush()
    for (const { socket } of this.#connections) socket.destroy()
    this.drain()
  }

  #takeSecure(server: SecureServer): void {
    server.on('secureConnection', (socket: TLSSocket) => {
      const isH2 = socket.alpnProtocol === 'h2'
      this.#add(isH2 ? new H2Connection(socket, this.#setting) : this.#h1(socket))
    })
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const { code, message } = error
      // As port scanners and health checks do: they connect and leave.
      if (code === 'ECONNRESET') return
      const address = this.#setting.peerOf(socket).address
      this.#setting.refuseUnanswered('BAD_HANDSHAKE', address, code ?? message)
    })
  }

  #h1(socket: Socket): H1Connection {
    // As servers of node:http have it: clients may half-close.
    socket.allowHalfOpen = true
    return new H1Connection(socket, this.#setting)
  }

  #add(connection: ClientConnection): void {
    this.#connections.add(connection)
    if (this.#isDraining) connection.drain()
  }

  #makeSetting(server: AttachableServer, options: ListenerOptions): H1Setting {
    const isDraining = () => this.#isDraining
    const given: Partial<ServerSettings> = server as Partial<ServerSettings>
    const { maxHeaderSize: maxHeadLength = maxHeaderSize } = given
    return {
      ...options,
      writeBatch: this.#writeBatch,
      maxHeadLength,
      reader: new H1HeadParser(Math.min(maxHeadLength, longestPlainHead)),
      get headersTimeout() {
        return given.headersTimeout ?? usualTimes.headersTimeout
      },
      get keepAliveTimeout() {
        return given.keepAliveTimeout ?? usualTimes.keepAliveTimeout
      },
      get isDraining() {
        return isDraining()
      },
      closed: (connection) => this.#connections.delete(connection),
    }
  }
}

/** What the constructors of HTTP servers were told; their types do not say all of it. */
interface ServerSettings {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly keepAliveTimeout: number
}
