/** The load balancers that are connected: what each is told, and what each has in progress. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Clock, Logger } from '@resumelb/common'
import {
  Connection,
  type ConnectionOptions,
  type Hello,
  type Load,
  type OthersLoad,
  type ProtocolError,
  type RequestHead,
  type ResumeChanges,
  type Stream,
  type StreamHandler,
  type WorkerHello,
} from '@resumelb/protocol'
import { BalancerTally } from './balancer-tally.ts'
import { software } from './software.ts'

/** One connected load balancer (or monitor). */
export interface Balancer {
  readonly connection: Connection
  readonly tally: BalancerTally
  /** Its address, for logs. */
  readonly from: string
}

/** Who is told of requests. */
export interface BalancersListener {
  onRequest(
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
}

/** What connections need of their worker. */
export interface BalancersContext {
  readonly log: Logger
  readonly clock: Clock
  readonly connection: Required<ConnectionOptions>
}

export class Balancers {
  readonly #listener: BalancersListener
  readonly #context: BalancersContext
  readonly #all: Set<Balancer> = new Set()
  /** Open, some of them only for the last bytes of a connection that is over. */
  readonly #sockets: Set<Socket> = new Set()
  readonly #total: BalancerTally = new BalancerTally()
  readonly #id: string = randomUUID()

  constructor(listener: BalancersListener, context: BalancersContext) {
    this.#listener = listener
    this.#context = context
  }

  /** Connections that stand. */
  get size(): number {
    return this.#all.size
  }

  /** Requests in progress or waiting, of all balancers. */
  get requests(): number {
    return this.#total.requests
  }

  /** Whether no request or response is on its way, in either direction. */
  get isQuiet(): boolean {
    for (const { connection } of this.#all) {
      if (connection.openStreams > 0 || connection.unsentLength > 0) return false
    }
    return true
  }

  /** Greets whoever has connected. */
  accept(socket: Socket, worker: WorkerHello): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const from = `${socket.remoteAddress}:${socket.remotePort}`
    const tally = new BalancerTally()
    const identity = { role: 'worker', software, id: this.#id, worker } as const
    const connection = new Connection(
      socket,
      identity,
      {
        onHello: (hello) => this.#onHello(hello, from),
        onRequest: (stream, head, body, isWhole) =>
          this.#listener.onRequest(balancer, stream, head, body, isWhole),
        onClose: (reason) => this.#onClose(balancer, reason),
      },
      this.#context.connection,
      this.#context.clock,
    )
    const balancer: Balancer = { connection, tally, from }
    this.#all.add(balancer)
  }

  begin(balancer: Balancer, seconds: number): void {
    balancer.tally.begin(seconds)
    this.#total.begin(seconds)
  }

  end(balancer: Balancer, seconds: number): void {
    balancer.tally.end(seconds)
    this.#total.end(seconds)
  }

  /** What all balancers but this one have in progress here. */
  othersThan(balancer: Balancer): OthersLoad {
    return {
      requests: this.#total.requests - balancer.tally.requests,
      seconds: Math.max(0, this.#total.seconds - balancer.tally.seconds),
    }
  }

  tellResume(changes: ResumeChanges): void {
    for (const { connection } of this.#all) {
      if (connection.peer?.role === 'balancer') connection.sendResume(changes, false)
    }
  }

  tellLoad(load: Load): void {
    for (const { connection } of this.#all) {
      if (connection.peer?.role === 'balancer') connection.sendLoad(load)
    }
  }

  /** Ends all connections. Resolves when their sockets are closed, which the protocol sees to. */
  async close(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => once(socket, 'close'))
    for (const { connection } of [...this.#all]) connection.close()
    await Promise.all(closed)
  }

  #onHello(hello: Hello, from: string): void {
    const { role, software: program, id } = hello
    if (role === 'balancer') {
      this.#context.log.info({ from, software: program, id }, 'load balancer connected')
    } else {
      this.#context.log.debug({ from, software: program }, 'somebody reads the résumé')
    }
  }

  #onClose(balancer: Balancer, reason: ProtocolError): void {
    this.#all.delete(balancer)
    const { code } = reason
    const facts = { from: balancer.from, code, reason: reason.message }
    if (balancer.connection.peer?.role === 'monitor') this.#context.log.debug(facts, 'monitor left')
    else if (code === 'CLOSED') this.#context.log.info(facts, 'load balancer left')
    else this.#context.log.warn(facts, 'connection of a load balancer ended')
  }
}
