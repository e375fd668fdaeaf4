/** The connected load balancers, and their requests in progress. */
import { randomUUID } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock, Logger } from '@resumelb/common'
import {
  Connection,
  type ConnectionOptions,
  type HandOver,
  type Hello,
  type Link,
  type Load,
  maxMeasure,
  type OthersLoad,
  ProtocolError,
  type RequestHead,
  type ResumeChanges,
  type Stream,
  type StreamHandler,
  type WarmthChanges,
  type WorkerHello,
} from '@resumelb/protocol'
import { BalancerTally } from './balancer-tally.ts'
import { originOf } from './origin-of.ts'
import { OthersPublisher } from './others-publisher.ts'
import { inOrderOfIds, Planners } from './planners.ts'
import { software } from './software.ts'
import { UnidentifiedLog } from './unidentified-log.ts'

/** One connected load balancer (or monitor). */
export interface Balancer {
  readonly connection: Connection
  readonly tally: BalancerTally
  /** Its address, for logs. */
  readonly from: string
  /** This end of its connection. */
  readonly local: AddressInfo
  /** What it was last told of the others' work, in seconds. */
  toldSeconds: number
}

/** Receives their requests. */
export interface BalancersListener {
  onRequest(
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
  /** A step of a hand-over; plans go to the other load balancers instead. */
  onHandOver(connection: Connection, message: HandOver): void
  /** A load balancer that knows hand-overs has connected. */
  onConnected(connection: Connection): void
  /** The connection to a load balancer has ended. */
  onLost(connection: Connection): void
}

/**
 * Maximum number of connections that have sent no HELLO, or only read the résumé. A load balancer
 * sends its HELLO at once, so if there are too many, the oldest is not one.
 */
const maxGuests = 32

/** Maximum number of load balancers. */
const maxBalancers = 256

/** What connections need of their worker. */
export interface BalancersContext {
  readonly log: Logger
  readonly clock: Clock
  readonly connection: Required<ConnectionOptions>
  /** Maximum bytes of buffered responses. */
  readonly maxQueued: number
  /** Whether this worker gets warm for classes that others hand over. */
  readonly handsOver: boolean
  /** Returns all links of chains that this worker is warm for. */
  warmLinks(): readonly Link[]
  /** The present load of this worker. */
  load(): Load
}

/** Seconds by which the others' work must have changed to be told again. */
const othersStep = 0.1

export class Balancers {
  readonly #listener: BalancersListener
  readonly #context: BalancersContext
  readonly #all: Set<Balancer> = new Set()
  /** Those that are not load balancers, or have not sent their HELLO. At most {@link maxGuests}. */
  readonly #guests: Set<Balancer> = new Set()
  /** Open sockets, including those that only send the last bytes of an ended connection. */
  readonly #sockets: Set<Socket> = new Set()
  readonly #total: BalancerTally = new BalancerTally()
  readonly #id: string = randomUUID()
  /** Called when no connection is open. */
  #onGone: () => void = () => undefined
  /** Bytes of buffered responses, of all connections. */
  #queued = 0
  readonly #planners: Planners
  readonly #unidentified: UnidentifiedLog
  readonly #othersPublisher: OthersPublisher

  constructor(listener: BalancersListener, context: BalancersContext) {
    this.#listener = listener
    this.#context = context
    this.#planners = new Planners(context.clock)
    this.#unidentified = new UnidentifiedLog(context.log, context.clock)
    this.#othersPublisher = new OthersPublisher(context.clock, () => this.#tellOthers())
  }

  /** Open connections. */
  get size(): number {
    return this.#all.size
  }

  /** Connections of load balancers that have sent their HELLO. */
  get connected(): number {
    return this.#all.size - this.#guests.size
  }

  /** Whether any of them keeps sessions. */
  get keepSessions(): boolean {
    return [...this.#all].some(({ connection }) => connection.peer?.keepsSessions === true)
  }

  /**
   * The connections to load balancers that know hand-overs, the one that plans first: the same one
   * for all workers, since it alone knows what is to return to a worker that is back.
   */
  get handingOver(): Connection[] {
    const connections = [...this.#all].map(({ connection }) => connection)
    const knowing = connections.filter(({ peer }) => peer?.role === 'balancer' && peer.handsOver)
    return inOrderOfIds(knowing)
  }

  /** Requests in progress or waiting, of all balancers. */
  get requests(): number {
    return this.#total.requests
  }

  /** Those among {@link requests} that are upgraded connections. */
  get upgradedConnections(): number {
    return this.#total.upgraded
  }

  /** Resolves when no connection is open. One caller at a time. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      this.#onGone = resolve
      this.#lookWhetherGone()
    })
  }

  /** Resolves when no request or response is in transit, in either direction. */
  async quiet(): Promise<void> {
    while (!this.#isQuiet) {
      await Promise.all([...this.#all].map(({ connection }) => connection.quiet()))
    }
  }

  /**
   * Whether another request of a load balancer may begin. If too many responses are buffered, load
   * balancers with more than their share get nothing more; with twice as many, none does.
   */
  mayBegin({ connection }: Balancer): boolean {
    const { maxQueued } = this.#context
    if (this.#queued < maxQueued) return true
    return this.#queued < 2 * maxQueued && connection.queuedLength < maxQueued / this.#all.size
  }

  /** Closes all connections without a HELLO of a load balancer: file descriptors have run out. */
  dropGuests(): void {
    for (const guest of this.#guests) this.#drop(guest)
  }

  /** Logs a client whose connection was closed in the TLS handshake. */
  refused(from: string, reason: string): void {
    this.#unidentified.note({ from, code: 'TLS_FAILED', reason })
  }

  /** Starts the protocol on a new socket. */
  accept(socket: Socket, worker: WorkerHello): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const from = originOf(socket)
    const tally = new BalancerTally()
    const { handsOver } = this.#context
    const about = { software, id: this.#id, handsOver, sizes: true, sharesPlans: true }
    const identity = { role: 'worker', ...about, worker } as const
    const connection = new Connection(
      socket,
      identity,
      {
        onHello: (hello) => this.#onHello(balancer, hello),
        onRequest: (stream, head, body, isWhole) =>
          this.#listener.onRequest(balancer, stream, head, body, isWhole),
        onHandOver: (message) => {
          if (message.step === 'plan') this.#planners.plan(connection, message.home)
          else this.#listener.onHandOver(connection, message)
        },
        warmLinks: this.#context.warmLinks,
        onQueued: (bytes) => {
          this.#queued += bytes
        },
        onClose: (reason) => this.#onClose(balancer, reason),
      },
      this.#context.connection,
      this.#context.clock,
    )
    const balancer: Balancer = {
      connection,
      tally,
      from,
      local: socket.address() as AddressInfo,
      toldSeconds: 0,
    }
    this.#all.add(balancer)
    this.#guests.add(balancer)
    const [oldest] = this.#guests
    if (this.#guests.size > maxGuests && oldest !== undefined) this.#drop(oldest)
  }

  begin(balancer: Balancer, seconds: number): void {
    balancer.tally.begin(seconds)
    this.#total.begin(seconds)
    if (this.connected > 1) this.#othersPublisher.changed()
  }

  end(balancer: Balancer, seconds: number): void {
    balancer.tally.end(seconds)
    this.#total.end(seconds)
    if (this.connected > 1) this.#othersPublisher.changed()
  }

  /** So many seconds of the work of a request in progress are done. */
  progress(balancer: Balancer, seconds: number): void {
    balancer.tally.progress(seconds)
    this.#total.progress(seconds)
    if (this.connected > 1) this.#othersPublisher.changed()
  }

  /** A request is an upgraded connection from now on. `seconds` as when it began. */
  upgraded(balancer: Balancer, seconds: number): void {
    balancer.tally.upgrade(seconds)
    this.#total.upgrade(seconds)
  }

  /** An upgraded connection is closed. */
  endUpgraded(balancer: Balancer): void {
    balancer.tally.endUpgraded()
    this.#total.endUpgraded()
  }

  /** The work of all other load balancers in progress here. */
  othersThan(balancer: Balancer): OthersLoad {
    return {
      requests: this.#total.inProgress - balancer.tally.inProgress,
      // A few requests of huge sizes may be expected to take longer than load balancers accept.
      seconds: Math.min(Math.max(0, this.#total.seconds - balancer.tally.seconds), maxMeasure),
    }
  }

  /** Sends changes to all except monitors; to new connections after their HELLO. */
  tellResume(changes: ResumeChanges): void {
    for (const { connection } of this.#all) {
      if (connection.peer?.role !== 'monitor') connection.sendResume(changes, false)
    }
  }

  /** Likewise. */
  tellLoad(load: Load): void {
    for (const balancer of this.#all) {
      if (balancer.connection.peer?.role !== 'monitor') this.#tellLoad(balancer, load)
    }
  }

  /** Sends to those that know sizes what has changed of what this worker is warm for. */
  tellWarmth(changes: WarmthChanges): void {
    for (const { connection } of this.#all) {
      const { peer } = connection
      if (peer?.sizes && peer.role === 'balancer') connection.sendWarmth(changes)
    }
  }

  /** Ends all connections. Resolves when their sockets are closed, which the protocol ensures. */
  async close(): Promise<void> {
    this.#unidentified.close()
    this.#othersPublisher.stop()
    // Unlike `once` of node:events, this does not reject if a socket fails while it closes.
    const closed = [...this.#sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    )
    for (const { connection } of [...this.#all]) connection.close()
    await Promise.all(closed)
  }

  /** Tells the load balancers what the others have in progress, if that has changed. */
  #tellOthers(): void {
    let load: Load | undefined
    for (const balancer of this.#all) {
      const change = this.othersThan(balancer).seconds - balancer.toldSeconds
      if (balancer.connection.peer?.role !== 'balancer' || Math.abs(change) < othersStep) continue
      load ??= this.#context.load()
      this.#tellLoad(balancer, load)
    }
  }

  #tellLoad(balancer: Balancer, load: Load): void {
    const others = this.connected > 1 ? this.othersThan(balancer) : undefined
    balancer.toldSeconds = others?.seconds ?? 0
    balancer.connection.sendLoad(others === undefined ? load : { ...load, others })
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
      this.#planners.add(balancer.connection, () => balancer.tally.begun)
      if (hello.handsOver) this.#listener.onConnected(balancer.connection)
      const warm = hello.sizes ? this.#context.warmLinks() : []
      if (warm.length > 0) balancer.connection.sendWarmth({ whole: true, warm, gone: [] })
    } else {
      this.#context.log.debug({ from, software: program }, 'résumé requested')
    }
  }

  #onClose(balancer: Balancer, reason: ProtocolError): void {
    // A connection that was dropped for a newer one.
    if (!this.#all.delete(balancer)) return
    this.#guests.delete(balancer)
    this.#planners.delete(balancer.connection)
    this.#listener.onLost(balancer.connection)
    this.#lookWhetherGone()
    const { code } = reason
    const facts = { from: balancer.from, code, reason: reason.message }
    if (balancer.connection.peer === undefined) this.#unidentified.note(facts)
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
    this.#unidentified.note({ from: guest.from, code: 'LIMIT_EXCEEDED', reason })
  }
}
