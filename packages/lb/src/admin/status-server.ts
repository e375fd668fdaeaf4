/** Serves the status on a unix socket: each client gets one JSON document. */
import { createServer, type Server, type Socket } from 'node:net'
import { type Listen, listenAt } from '@resumelb/common'
import type { Eventually } from './backend.ts'
import type { Status } from './status.ts'

/** Maximum number of connections at once; further ones are closed. */
const maxConnections = 100

/** Milliseconds that a client has to read the document. */
const clientTimeout = 5_000

/** Only the owner and the group may connect. */
const socketMode = 0o660

/** What is served. */
export interface StatusSource {
  /** Called when the server listens. */
  start(): void
  stop(): void
  read(): Eventually<Status>
}

export class StatusServer {
  readonly #path: string
  readonly #source: StatusSource
  readonly #listen: Listen
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** `listen` is for a socket that another process has made. */
  constructor(path: string, source: StatusSource, listen: Listen = listenAt) {
    this.#path = path
    this.#source = source
    this.#listen = listen
    this.#server = createServer((socket) => void this.#answer(socket))
    this.#server.maxConnections = maxConnections
  }

  /**
   * Listens. A socket that a dead process has left behind is replaced. Rejects with an
   * `OptionError` if a living one has it, or if something else is at the path.
   */
  async start(): Promise<void> {
    await this.#listen(
      this.#server,
      { path: this.#path },
      { mode: socketMode, option: 'status-server' },
    )
    this.#source.start()
  }

  /** Stops, and removes the socket. */
  async stop(): Promise<void> {
    this.#source.stop()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(clientTimeout, () => socket.destroy())
    socket.resume()
    const status = await this.#source.read()
    socket.end(`${JSON.stringify(status)}\n`)
  }
}
