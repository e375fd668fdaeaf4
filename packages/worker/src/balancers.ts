/** The load balancers that are connected: what each is told, and what each has in progress. */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
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
import type { Logger } from './log.ts'
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
  /** A connection has ended; nothing is in progress on it any more. */
  onLeft(): void
}

export class Balancers {
  readonly #options: Required<ConnectionOptions>
  readonly #log: Logger
  readonly #listener: BalancersListener
  readonly #all: Set<Balancer> = new Set()
  readonly #total: BalancerTally = new BalancerTally()
  readonly #id: string = randomUUID()

  constructor(options: Required<ConnectionOptions>, log: Logger, listener: BalancersListener) {
    this.#options = options
    this.#log = log
    this.#listener = listener
  }

  /** Connections that stand. */
  get size(): number {
    return this.#all.size
  }

  /** Requests in progress or waiting, of all balancers. */
  get requests(): number {
    return this.#total.requests
  }

  /** Greets whoever has connected. */
  welcome(socket: Socket, worker: WorkerHello): void {
    socket.setNoDelay(true)
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
      this.#options,
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

  /** Ends all connections. */
  close(): void {
    for (const { connection } of [...this.#all]) connection.close()
  }

  #onHello(hello: Hello, from: string): void {
    const { role, software: program, id } = hello
    if (role === 'balancer') {
      this.#log.info({ from, software: program, id }, 'load balancer connected')
    } else {
      this.#log.debug({ from, software: program }, 'somebody reads the résumé')
    }
  }

  #onClose(balancer: Balancer, reason: ProtocolError): void {
    this.#all.delete(balancer)
    const { code } = reason
    const facts = { from: balancer.from, code, reason: reason.message }
    if (balancer.connection.peer?.role === 'monitor') this.#log.debug(facts, 'monitor left')
    else if (code === 'CLOSED') this.#log.info(facts, 'load balancer left')
    else this.#log.warn(facts, 'connection of a load balancer ended')
    this.#listener.onLeft()
  }
}
