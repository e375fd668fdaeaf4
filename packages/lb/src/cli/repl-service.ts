/** A REPL into the running process, on a unix socket, for debugging. */
import { createServer, type Server, type Socket } from 'node:net'
import { start as startRepl } from 'node:repl'
import { type Listen, listenAt, parseAddress } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import type { LoadBalancer } from '../load-balancer.ts'

/** A client can do all that the process can: only its owner may connect. */
const socketMode = 0o600

/** Sessions at once. */
const maxSessions = 4

export class ReplService implements Service {
  readonly #path: string
  readonly #listen: Listen
  readonly #balancer: LoadBalancer
  readonly #log: pino.Logger
  readonly #server: Server
  readonly #sockets: Set<Socket> = new Set()

  /** `path` is that of the socket; `listen` is for one that another process has made. */
  constructor(path: string, balancer: LoadBalancer, log: pino.Logger, listen: Listen = listenAt) {
    this.#path = path
    this.#listen = listen
    this.#balancer = balancer
    this.#log = log
    this.#server = createServer((socket) => this.#serve(socket))
    this.#server.maxConnections = maxSessions
  }

  /** Listens. Rejects with an OptionError if the path is taken. */
  async start(): Promise<void> {
    const address = parseAddress(`unix:${this.#path}`, '--repl')
    await this.#listen(this.#server, address, { mode: socketMode, option: '--repl' })
    this.#log.warn({ path: this.#path }, 'REPL listening')
  }

  /** Ends all sessions, and removes the socket. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    this.#log.warn({ path: this.#path }, 'REPL session started')
    const repl = startRepl({ prompt: 'resumelb> ', input: socket, output: socket, terminal: false })
    Object.assign(repl.context, { balancer: this.#balancer })
    repl.once('exit', () => socket.end())
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.#sockets.delete(socket)
      repl.close()
    })
  }
}
