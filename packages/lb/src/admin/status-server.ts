/** Serves the status on a unix socket: each client gets one JSON document. */
import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, type Listen, listenAt, systemClock } from '@resumelb/common'
import type { RequestInProgress } from '../events.ts'
import type { WorkerSnapshot } from '../workers/worker.ts'
import { StatusBoard } from './status.ts'

/** Milliseconds between two samples of the backlogs. */
const lookInterval = 250

/** Maximum number of connections at once; further ones are closed. */
const maxConnections = 100

/** Milliseconds that a client has to read the document. */
const clientTimeout = 5_000

/** Only the owner and the group may connect. */
const socketMode = 0o660

/** The load balancer whose status is served. */
export interface StatusSource {
  readonly workers: readonly Pick<WorkerSnapshot, 'address' | 'state' | 'unsentLength'>[]
  readonly requests: Iterable<RequestInProgress>
}

export class StatusServer {
  readonly #path: string
  readonly #balancer: StatusSource
  readonly #clock: Clock
  readonly #listen: Listen
  readonly #board = new StatusBoard()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #cancelLook: () => void = () => undefined

  /** `listen` is for a socket that another process has made. */
  constructor(
    path: string,
    balancer: StatusSource,
    {
      clock = systemClock,
      listen = listenAt,
    }: { readonly clock?: Clock; readonly listen?: Listen } = {},
  ) {
    this.#listen = listen
    this.#path = path
    this.#balancer = balancer
    this.#clock = clock
    this.#server = createServer((socket) => this.#answer(socket))
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
    this.#look()
  }

  /** Stops, and removes the socket. */
  async stop(): Promise<void> {
    this.#cancelLook()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #look(): void {
    this.#board.look(this.#workers.keys(), this.#balancer.requests, this.#clock.now())
    this.#cancelLook = this.#clock.after(lookInterval, () => this.#look())
  }

  /** The connected workers, and the number of bytes that wait to be sent to each. */
  get #workers(): Map<string, number> {
    const connected = this.#balancer.workers.filter(
      ({ state }) => state !== 'connecting' && state !== 'waiting',
    )
    return new Map(connected.map(({ address, unsentLength }) => [address, unsentLength]))
  }

  #answer(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(clientTimeout, () => socket.destroy())
    socket.resume()
    const now = { now: this.#clock.now(), since1970: Date.now() / 1000 }
    const status = this.#board.status(this.#workers, this.#balancer.requests, now)
    socket.end(`${JSON.stringify(status)}\n`)
  }
}
