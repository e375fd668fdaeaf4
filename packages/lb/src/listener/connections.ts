/** The client connections of a server that are read here. */
import { maxHeaderSize } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { H1Connection } from './h1/connection.ts'
import { H1HeadParser } from './h1/head-parser.ts'
import type { H1Setting } from './h1/setting.ts'
import { WriteBatch } from './h1/write-batch.ts'
import { H2Connection } from './h2/connection.ts'
import type { ClientConnection } from './setting.ts'

export type ConnectionsOptions = Pick<
  H1Setting,
  'peerOf' | 'serve' | 'refuse' | 'refuseUnanswered' | 'deadlines' | 'halfCloseTime'
>

/** The options of the constructors of HTTP servers, which their types do not all declare. */
export interface ServerSettings {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly keepAliveTimeout: number
}

/**
 * Bytes of the longest head that is read as a plain one, whatever the server allows: longer ones
 * are rare.
 */
const longestPlainHead = 64 * 1024

/** What servers without such properties have: as those of `node:http`. In milliseconds. */
const usualTimes = { headersTimeout: 60_000, keepAliveTimeout: 5_000 }

export class Connections {
  readonly setting: H1Setting
  readonly #connections: Set<ClientConnection> = new Set()
  readonly #writeBatch: WriteBatch = new WriteBatch()
  #isDraining = false

  /** Reads the settings of `server` each time that they matter: its owner may change them. */
  constructor(server: Partial<ServerSettings>, options: ConnectionsOptions) {
    this.setting = this.#makeSetting(server, options)
  }

  /** Serves the requests of a connection of HTTP/1. */
  takeH1(socket: Socket): void {
    // As servers of node:http have it: clients may half-close.
    socket.allowHalfOpen = true
    this.#add(new H1Connection(socket, this.setting))
  }

  /** Serves the requests of a connection of HTTP/2. */
  takeH2(socket: TLSSocket): void {
    this.#add(new H2Connection(socket, this.setting))
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

  #add(connection: ClientConnection): void {
    this.#connections.add(connection)
    if (this.#isDraining) connection.drain()
  }

  #makeSetting(server: Partial<ServerSettings>, options: ConnectionsOptions): H1Setting {
    const isDraining = () => this.#isDraining
    const { maxHeaderSize: maxHeadLength = maxHeaderSize } = server
    return {
      ...options,
      writeBatch: this.#writeBatch,
      maxHeadLength,
      reader: new H1HeadParser(Math.min(maxHeadLength, longestPlainHead)),
      get headersTimeout() {
        return server.headersTimeout ?? usualTimes.headersTimeout
      },
      get keepAliveTimeout() {
        return server.keepAliveTimeout ?? usualTimes.keepAliveTimeout
      },
      get isDraining() {
        return isDraining()
      },
      closed: (connection) => this.#connections.delete(connection),
    }
  }
}
