/** The load balancers that are connected: what each is told, and what each has in progress. */
import { randomUUID } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock, Logger } from '@resumelb/common'
import {
  Connection,
  type ConnectionCode,
  type ConnectionOptions,
  type Hello,
  type Load,
  type OthersLoad,
  ProtocolError,
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
  /** This end of its connection. */
  readonly local: AddressInfo
}

/** Who is notified of requests. */
export interface BalancersListener {
  onRequest(
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
}

/**
 * Connections that have not said who they are, or only read the résumé. Whoever is a load balancer says
 * so at once, so that the oldest of too many is a stranger.
 */
const maxGuests = 32

/** Load balancers that are served at once. */
const maxBalancers = 256

/** Milliseconds between two lines about strangers. */
const strangerLogInterval = 10_000

/** What the log tells of a connection whose peer has not said who it is. */
interface StrangerFacts {
  readonly from: string
  readonly code: ConnectionCode
  readonly reason: string
}

/** What connections need of their worker. */
export interface BalancersContext {
  readonly log: Logger
  readonly clock: Clock
  readonly connection: Required<ConnectionOptions>
  /** Bytes of responses that may wait for load balancers. */
  readonly maxQueued: number
}

export class Balancers {
  readonly #listener: BalancersListener
  readonly #context: BalancersContext
  readonly #all: Set<Balancer> = new Set()
  /** Those among them that are no load balancers, or not yet. At most {@link maxGuests}. */
  readonly #guests: Set<Balancer> = new Set()
  /** Open, some of them only for the last bytes of a connection that is over. */
  readonly #sockets: Set<Socket> = new Set()
  readonly #total: BalancerTally = new BalancerTally()
  readonly #id: string = randomUUID()
  /** Called when no connection stands. */
  #onGone: () => void = () => undefined
  /** Bytes of responses that wait, of all connections. */
  #queued = 0
  /** The last stranger whose end has not been logged, and how many there were. */
  #strangers: (StrangerFacts & { readonly count: number }) | undefined
  /** Set for a while after strangers were logged. */
  #cancelStrangerLog: (() => void) | undefined

  constructor(listener: BalancersListener, context: BalancersContext) {
    this.#listener = listener
    this.#context = context
  }

  /** Connections that stand. */
  get size(): number {
    return this.#all.size
  }

  /** Those of load balancers that have said so. */
  get connected(): number {
    return this.#all.size - this.#guests.size
  }

  /** Whether any of them keeps sessions. */
  get keepSessions(): boolean {
    return [...this.#all].some(({ connection }) => connection.peer?.keepsSessions === true)
  }

  /** Requests in progress or waiting, of all balancers. */
  get requests(): number {
    return this.#total.requests
  }

  /** Resolves when no connection stands. One caller at a time. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      this.#onGone = resolve
      this.#lookWhetherGone()
    })
  }

  /** Resolves when no request or response is on its way, in either direction. */
  async quiet(): Promise<void> {
    while (!this.#isQuiet) {
      await Promise.all([...this.#all].map(({ connection }) => connection.quiet()))
    }
  }

  /**
   * Whether one more request of a balancer may be begun. When too much waits to be read, those get
   * nothing more that hold more than their share of it; and nobody does when it is twice as much.
   */
  mayBegin({ connection }: Balancer): boolean {
    const { maxQueued } = this.#context
    if (this.#queued < maxQueued) return true
    return this.#queued < 2 * maxQueued && connection.queuedLength < maxQueued / this.#all.size
  }

  /** Drops all who have not said that they are load balancers: there are no descriptors left. */
  dropGuests(): void {
    for (const guest of this.#guests) this.#drop(guest)
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
        onHello: (hello) => this.#onHello(balancer, hello),
        onRequest: (stream, head, body, isWhole) =>
          this.#listener.onRequest(balancer, stream, head, body, isWhole),
        onQueued: (bytes) => {
          this.#queued += bytes
        },
        onClose: (reason) => this.#onClose(balancer, reason),
      },
      this.#context.connection,
      this.#context.clock,
    )
    const balancer: Balancer = { connection, tally, from, local: socket.address() as AddressInfo }
    this.#all.add(balancer)
    this.#guests.add(balancer)
    const [oldest] = this.#guests
    if (this.#guests.size > maxGuests && oldest !== undefined) this.#drop(oldest)
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

  /** Tells all but monitors; those who have not said who they are, once they have. */
  tellResume(changes: ResumeChanges): void {
    for (const { connection } of this.#all) {
      if (connection.peer?.role !== 'monitor') connection.sendResume(changes, false)
    }
  }

  /** Likewise. */
  tellLoad(load: Load): void {
    for (const { connection } of this.#all) {
      if (connection.peer?.role !== 'monitor') connection.sendLoad(load)
    }
  }

  /** Ends all connections. Resolves when their sockets are closed, which the protocol sees to. */
  async close(): Promise<void> {
    this.#cancelStrangerLog?.()
    // Unlike `once` of node:events, this does not reject when a socket breaks while it closes.
    const closed = [...this.#sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    )
    for (const { connection } of [...this.#all]) connection.close()
    await Promise.all(closed)
  }

  get #isQuiet(): boolean {
    for (const { connection } of this.#all) {
      if (connection.openStreams > 0 || connection.unsentLength > 0) return false
    }
    return true
  }

  #lookWhetherGone(): void {
    if (this.#all.size === 0) this.#onGone()
  }

  #onHello(balancer: Balancer, hello: Hello): void {
    const { from } = balancer
    const { role, software: program, id } = hello
    if (role === 'balancer') {
      this.#guests.delete(balancer)
      if (this.connected > maxBalancers) {
        throw new ProtocolError('LIMIT_EXCEEDED', `more than ${maxBalancers} load balancers`)
      }
      this.#context.log.info({ from, software: program, id }, 'load balancer connected')
    } else {
      this.#context.log.debug({ from, software: program }, 'résumé requested')
    }
  }

  #onClose(balancer: Balancer, reason: ProtocolError): void {
    // A guest that was dropped.
    if (!this.#all.delete(balancer)) return
    this.#guests.delete(balancer)
    this.#lookWhetherGone()
    const { code } = reason
    const facts = { from: balancer.from, code, reason: reason.message }
    if (balancer.connection.peer === undefined) this.#noteStranger(facts)
    else if (balancer.connection.peer.role === 'monitor')
      this.#context.log.debug(facts, 'monitor disconnected')
    else if (code === 'CLOSED') this.#context.log.info(facts, 'load balancer disconnected')
    else this.#context.log.warn(facts, 'connection to a load balancer lost')
  }

  #drop(guest: Balancer): void {
    this.#all.delete(guest)
    this.#guests.delete(guest)
    this.#lookWhetherGone()
    guest.connection.destroy()
    const reason = `more than ${maxGuests} connections that are no load balancer's`
    this.#noteStranger({ from: guest.from, code: 'LIMIT_EXCEEDED', reason })
  }

  /** Tells of the first stranger at once, and of those that follow together. */
  #noteStranger(stranger: StrangerFacts): void {
    if (this.#cancelStrangerLog === undefined) this.#warnOfStrangers({ ...stranger, count: 1 })
    else this.#strangers = { ...stranger, count: (this.#strangers?.count ?? 0) + 1 }
  }

  #warnOfStrangers(facts: StrangerFacts & { readonly count: number }): void {
    const { clock, log } = this.#context
    log.warn({ ...facts }, 'connection of an unidentified client ended')
    this.#strangers = undefined
    this.#cancelStrangerLog = clock.after(strangerLogInterval, () => {
      this.#cancelStrangerLog = undefined
      if (this.#strangers !== undefined) this.#warnOfStrangers(this.#strangers)
    })
  }
}
