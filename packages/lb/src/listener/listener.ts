/** The connections of a server's clients: read here as long as they are plain, else by `node:http`. */
import { maxHeaderSize, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type AwakeClock, OptionError } from '@resumelb/common'
import { H1Connection, type H1Setting } from './h1/connection.ts'
import { H1HeadParser } from './h1/head-parser.ts'
import { WriteBatch } from './h1/write-batch.ts'

export type ListenerOptions = Pick<H1Setting, 'peerOf' | 'serve' | 'deadlines'>

/** Bytes of the longest head that is read here, whatever the server allows: longer ones are rare. */
const longestHead = 64 * 1024

/** Milliseconds that a connection must have been idle for to be closed when draining. */
const idleTime = 50

export class Listener {
  readonly #plain: Set<H1Connection> = new Set()
  /** The connections of `node:http`, and how many requests each has in progress. */
  readonly #others: Map<Socket, OtherConnection> = new Map()
  readonly #writeBatch: WriteBatch = new WriteBatch()
  #isDraining = false
  #timer: NodeJS.Timeout | undefined

  /**
   * Takes the new connections of a server, before its own listener. Requests that are not plain become
   * requests of the server. Throws an {@link OptionError} for any server but one of `node:http` to which
   * nobody has listened before.
   */
  constructor(server: Server, options: ListenerOptions) {
    const [takeByNode, ...more] = server.listeners('connection') as ((socket: Socket) => void)[]
    const isHeard = more.length > 0 || server.listenerCount('request') > 0
    if (!(server instanceof Server) || takeByNode === undefined || isHeard) {
      throw new OptionError('the server', 'a new server of node:http', server.constructor.name)
    }
    const setting = this.#makeSetting(server, takeByNode, options)
    server.off('connection', takeByNode)
    server.on('connection', (socket: Socket) => {
      this.#plain.add(new H1Connection(socket, setting))
      if (this.#isDraining) this.#look()
    })
    server.on('timeout', (socket: Socket) => this.#onTimeout(socket, options.deadlines))
    server.on('request', ({ socket }, response) => {
      const other = this.#others.get(socket)
      if (other === undefined) return
      other.requests++
      other.isStale = false
      response.once('close', () => other.requests--)
    })
  }

  /** Ends the connections that carry no request, from now on, and others with their response. */
  drain(): void {
    this.#isDraining = true
    this.#look()
  }

  /** Ends all connections at once; what has been answered leaves before. */
  destroy(): void {
    this.#writeBatch.flush()
    for (const { socket } of this.#plain) socket.destroy()
    for (const socket of this.#others.keys()) socket.destroy()
    this.drain()
  }

  /** Ends a connection of `node:http` that was idle, as it would itself if nobody listened. */
  #onTimeout(socket: Socket, deadlines: AwakeClock): void {
    const other = this.#others.get(socket)
    // While a request is in progress, whoever has set the timeout hears of it.
    if (other === undefined || other.requests > 0) return
    // The next request may wait in the socket.
    if (deadlines.isCatchingUp) socket.setTimeout(socket.timeout ?? 0)
    else socket.destroy()
  }

  #makeSetting(
    server: Server,
    takeByNode: (socket: Socket) => void,
    options: ListenerOptions,
  ): H1Setting {
    const isDraining = () => this.#isDraining
    // What the constructor of the server was told; its types do not say so.
    const { maxHeaderSize: own } = server as { maxHeaderSize?: number }
    return {
      ...options,
      writeBatch: this.#writeBatch,
      reader: new H1HeadParser(Math.min(own ?? maxHeaderSize, longestHead)),
      get headersTimeout() {
        return server.headersTimeout
      },
      get keepAliveTimeout() {
        return server.keepAliveTimeout
      },
      get isDraining() {
        return isDraining()
      },
      handOver: (connection) => {
        this.#plain.delete(connection)
        const socket = connection.release()
        this.#others.set(socket, { requests: 0, isStale: false })
        socket.once('close', () => this.#others.delete(socket))
        takeByNode.call(server, socket)
        socket.resume()
      },
      closed: (connection) => this.#plain.delete(connection),
    }
  }

  /** Looks at the connections for as long as there are any. */
  #look(): void {
    this.#timer ??= setInterval(() => {
      this.#closeStale()
      if (this.#plain.size > 0 || this.#others.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }, idleTime).unref()
  }

  #closeStale(): void {
    for (const connection of this.#plain) connection.closeIfStale()
    for (const [socket, other] of this.#others) {
      if (other.requests > 0) continue
      if (other.isStale) socket.destroy()
      other.isStale = true
    }
  }
}

/** A connection that is `node:http`'s. */
interface OtherConnection {
  requests: number
  /** No request has come since the last look. */
  isStale: boolean
}
