/** The connections of a server's clients: read here as long as they are plain, else by `node:http`. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { PlainConnection, type PlainSetting } from './plain-connection.ts'
import { PlainHeadReader } from './plain-head.ts'

/** `maxHeadLength` is the server's `maxHeaderSize`. */
export type FrontOptions = Pick<PlainSetting, 'maxHeadLength' | 'peerOf' | 'serve'>

export class Front {
  readonly #connections: Set<PlainConnection> = new Set()

  /**
   * Takes the new connections of a server, before its own listener. Requests that
   * are not plain become requests of the server.
   */
  constructor(server: Server, options: FrontOptions) {
    // The server's own is the first: its constructor adds it.
    const [takeByNode] = server.listeners('connection') as ((socket: Socket) => void)[]
    if (takeByNode === undefined) throw new Error('the server has no listener for its connections')
    const { headersTimeout, keepAliveTimeout } = server
    const setting: PlainSetting = {
      ...options,
      reader: new PlainHeadReader(options.maxHeadLength),
      headersTimeout,
      keepAliveTimeout,
      handOver: (connection) => {
        this.#connections.delete(connection)
        const socket = connection.release()
        takeByNode.call(server, socket)
        socket.resume()
      },
      closed: (connection) => this.#connections.delete(connection),
    }
    server.off('connection', takeByNode)
    server.prependListener('connection', (socket: Socket) => {
      this.#connections.add(new PlainConnection(socket, setting))
    })
  }

  /** Ends the connections without a request in progress. */
  closeIdle(): void {
    for (const { isIdle, socket } of this.#connections) if (isIdle) socket.destroy()
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const { socket } of this.#connections) socket.destroy()
  }
}
