/** The connections of a server's clients, which are read here instead of by `node:http`. */
import { maxHeaderSize, Server } from 'node:http'
import type { Socket } from 'node:net'
import { OptionError } from '@resumelb/common'
import { H1Connection } from './h1/connection.ts'
import { H1HeadParser } from './h1/head-parser.ts'
import type { H1Setting } from './h1/setting.ts'
import { WriteBatch } from './h1/write-batch.ts'

export type ListenerOptions = Pick<
  H1Setting,
  'peerOf' | 'serve' | 'refuse' | 'deadlines' | 'halfCloseTime'
>

/** Bytes of the longest head that is read as a plain one, whatever the server allows: longer ones are rare. */
const longestPlainHead = 64 * 1024

export class Listener {
  readonly #connections: Set<H1Connection> = new Set()
  readonly #writeBatch: WriteBatch = new WriteBatch()
  #isDraining = false

  /**
   * Takes the new connections of a server, instead of its own listener. Throws an {@link OptionError}
   * for any server but one of `node:http` to which nobody has listened before.
   */
  constructor(server: Server, options: ListenerOptions) {
    const [takeByNode, ...more] = server.listeners('connection') as ((socket: Socket) => void)[]
    const isHeard = more.length > 0 || server.listenerCount('request') > 0
    if (!(server instanceof Server) || takeByNode === undefined || isHeard) {
      throw new OptionError('the server', 'a new server of node:http', server.constructor.name)
    }
    const setting = this.#makeSetting(server, options)
    server.off('connection', takeByNode)
    server.on('connection', (socket: Socket) => {
      const connection = new H1Connection(socket, setting)
      this.#connections.add(connection)
      if (this.#isDraining) connection.drain()
    })
  }

  /** Ends the connections that carry no request, from now on, and others with their response. */
  drain(): void {
    this.#isDraining = true
    for (const connection of this.#connections) connection.drain()
  }

  /** Ends all connections at once; what has been answered leaves before. */
  destroy(): void {
    this.#writeBatch.flush()
    for (const { socket } of this.#connections) socket.destroy()
    this.drain()
  }

  #makeSetting(server: Server, options: ListenerOptions): H1Setting {
    const isDraining = () => this.#isDraining
    // What the constructor of the server was told; its types do not say so.
    const { maxHeaderSize: maxHeadLength = maxHeaderSize } = server as { maxHeaderSize?: number }
    return {
      ...options,
      writeBatch: this.#writeBatch,
      maxHeadLength,
      reader: new H1HeadParser(Math.min(maxHeadLength, longestPlainHead)),
      get headersTimeout() {
        return server.headersTimeout
      },
      get keepAliveTimeout() {
        return server.keepAliveTimeout
      },
      get isDraining() {
        return isDraining()
      },
      closed: (connection) => this.#connections.delete(connection),
    }
  }
}
