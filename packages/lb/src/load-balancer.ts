/** Puts the parts together: takes requests, knows the workers, gives one to the other. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type Address,
  type AwakeClock,
  awakeClockOf,
  type Clock,
  LinkedList,
  type Logger,
  OptionError,
  refuseUnknown,
  silentLogger,
  systemClock,
} from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import { RepeatedLines } from './admin/repeated-lines.ts'
import { classifyByHost } from './classify/by-host.ts'
import { boundPick, type Classifier, defaultClass } from './classify/classifier.ts'
import { type FailureName, failures } from './http/failures.ts'
import type { HttpExchange } from './http/http-exchange.ts'
import { Peers, trustTest } from './http/peers.ts'
import type { RequestView } from './http/request-view.ts'
import { Listener } from './listener/listener.ts'
import { NodeExchange } from './listener/node/node-exchange.ts'
import { refuseUpgrade, refuseVersion } from './listener/node/refuse.ts'
import { type BalancingOptions, balancingTable, resolveBalancingOptions } from './options.ts'
import type { PickArgs } from './pool/pick.ts'
import type { Assignment, Pool } from './pool/pool.ts'
import { checkSettings, createPool, type NamedPool, type OwnPool } from './pool/registry.ts'
import { composePool } from './pool/wrappers/compose-pool.ts'
import type { EjectionOptions } from './pool/wrappers/ejection-pool.ts'
import { Exchange, type Forwarding } from './proxy/exchange.ts'
import { failureFacts } from './proxy/failure-log.ts'
import { type FailurePage, failurePage, respondWithFailure } from './proxy/failure-response.ts'
import { RequestQueue } from './proxy/request-queue.ts'
import { RetryBudget } from './proxy/retry-budget.ts'
import { version } from './version.ts'
import type { WorkerLink } from './workers/worker-link.ts'
import { type Missing, WorkerSet, type WorkerSnapshot } from './workers/worker-set.ts'

/** A request that has ended, as it is told to {@link LoadBalancerOptions.onEnd}. */
export interface EndedRequest {
  readonly request: RequestView
  /** Unique among the requests of all load balancers; what the worker knows it by. */
  readonly id: string
  readonly requestClass: RequestClass
  /** The client's address; what trusted proxies say counts. */
  readonly remoteAddress: string
  /** 499 if the client left before its response was complete. */
  readonly status: number
  /** Bytes of the response's body. */
  readonly bytesSent: number
  /** Address of the worker that had the request last; empty if none had. */
  readonly worker: string
  /** Times that it was given to another worker. */
  readonly retries: number
  /** Whether the response broke off before its end, other than by the client's leaving. */
  readonly isTruncated: boolean
  /** When it came, in milliseconds of the clock. */
  readonly startedAt: number
}

/** Options of a {@link LoadBalancer}, but for its pool. */
export interface CommonOptions extends BalancingOptions {
  /** Addresses of the workers to begin with; see {@link LoadBalancer.setWorkers}. */
  readonly workers?: readonly (string | Address)[]
  /** Names the class of each request. By the host it is for, if not given. */
  readonly classifier?: Classifier
  /** Proxies in front of this load balancer, whose X-Forwarded-* are believed: IPs, networks. */
  readonly trustedProxies?: readonly string[]
  /**
   * Whether requests and responses tell of this hop in `Via`; true if not given. Some servers do not
   * compress what they are asked for by way of a proxy.
   */
  readonly via?: boolean
  /** The page, HTML or plain text, for requests whose worker broke (502). */
  readonly disconnectMessage?: string
  readonly log?: Logger
  /** Called when a request has ended, for an access log or measurements. Must not throw. */
  readonly onEnd?: (ended: EndedRequest) => void
  readonly clock?: Clock
  /** Like `Math.random`. */
  readonly random?: () => number
}

/**
 * All options. The policy is the name of a pool, a pool, or a function that makes pools (one for each
 * version, if need be); `versions` says which versions of the application get work, as in
 * `composePool`; `settings` are those of the pool, as in {@link LoadBalancer.updateSettings}.
 */
export type LoadBalancerOptions = CommonOptions & (NamedPool | OwnPool<WorkerLink>)

/** A request that its client has not got all of yet. */
export interface RequestInProgress {
  /** Address of the worker that has it; empty if none has. */
  readonly worker: string
  /** When it came, in milliseconds of the clock. */
  readonly startedAt: number
}

/** The options that are no limits or times. */
const ownOptions: Readonly<
  Record<Exclude<keyof LoadBalancerOptions, keyof BalancingOptions>, true>
> = {
  workers: true,
  classifier: true,
  pool: true,
  versions: true,
  settings: true,
  trustedProxies: true,
  disconnectMessage: true,
  via: true,
  log: true,
  onEnd: true,
  clock: true,
  random: true,
}

/** The pool that is used unless one is named. */
export const defaultPool = 'cost'

/** Milliseconds between two looks at what has lasted too long. */
const sweepInterval = 100

/** Milliseconds between two ticks of the pool. */
const tickInterval = 1000

export class LoadBalancer {
  readonly #clock: Clock
  /** What deadlines of others are measured with. */
  readonly #deadlines: AwakeClock
  readonly #log: Logger
  /** Lines that each of many requests may cause. */
  readonly #warnings: RepeatedLines
  readonly #options: Required<BalancingOptions>
  readonly #pool: Pool<WorkerLink>
  /** Whether it is one of ours, whose settings are known. */
  readonly #isPoolNamed: boolean
  readonly #page: FailurePage | undefined
  readonly #onEnd: ((ended: EndedRequest) => void) | undefined
  readonly #forwarding: Forwarding
  readonly #id: string = randomBytes(6).toString('base64url')
  readonly #workers: WorkerSet
  readonly #queue: RequestQueue<Exchange>
  readonly #budget: RetryBudget
  /** Those that have come and whose client has not got everything. */
  readonly #exchanges: LinkedList<Exchange> = new LinkedList()
  readonly #peers: Peers
  readonly #listeners: Listener[] = []
  #lastNumber = 0
  /** Whether the log says that somebody gives us requests of HTTP/2. */
  #isHttp2Told = false
  #isSweeping = false
  #isTicking = false
  #isDraining = false
  #isClosed = false
  /** Those who wait in {@link close}. */
  readonly #onIdle: (() => void)[] = []

  /** Throws an OptionError that names the first bad option. Connects to the workers at once. */
  constructor(options: LoadBalancerOptions = {}) {
    refuseUnknown(options, [...Object.keys(balancingTable), ...Object.keys(ownOptions)])
    const random = options.random ?? Math.random
    this.#clock = options.clock ?? systemClock
    this.#deadlines = awakeClockOf(this.#clock)
    const log = options.log ?? silentLogger
    this.#log = log
    this.#warnings = new RepeatedLines((facts, text) => log.warn(facts, text), this.#clock)
    this.#options = resolveBalancingOptions(options)
    this.#isPoolNamed = options.pool === undefined || typeof options.pool === 'string'
    this.#pool = poolOf(options, this.#options, random, this.#log)
    this.#page =
      options.disconnectMessage === undefined ? undefined : failurePage(options.disconnectMessage)
    this.#onEnd = options.onEnd
    this.#queue = new RequestQueue(this.#options)
    this.#budget = new RetryBudget(this.#options)
    this.#peers = new Peers(trustTest(options.trustedProxies ?? []))
    this.#forwarding = this.#makeForwarding(options)
    this.#workers = new WorkerSet({
      pool: this.#pool,
      identity: { role: 'balancer', software: `resumelb/${version}`, id: this.#id },
      clock: this.#clock,
      random,
      log,
      connectTimeout: this.#options.connectTimeout,
      onAvailable: () => this.#admit(),
      onAbsence: (milliseconds) => {
        const facts = { workers: this.#workers.size, waiting: this.waiting }
        log.warn({ ...facts, since: Math.round(milliseconds) }, 'no worker is connected')
      },
    })
    this.setWorkers(options.workers ?? [])
  }

  /** Requests that workers have and have not finished. */
  get backlog(): number {
    return this.#pool.backlog
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.#queue.size
  }

  /** The requests that have come and are not over. */
  get requests(): Iterable<RequestInProgress> {
    return this.#exchanges
  }

  /** What is known of each worker at this moment, those included that are leaving. */
  get workers(): readonly WorkerSnapshot[] {
    return this.#workers.snapshots()
  }

  /**
   * Serves all requests of a new server of `node:http`, and ends its connections in {@link drain}.
   * Its connections are read here, not by `node:http`: cheaper than {@link handleRequest} by itself,
   * and one request after the other. The server's own events, such as `request` and `clientError`, do
   * not come. Throws an OptionError for other servers.
   */
  attach(server: Server): void {
    const peerOf = (socket: Socket) => this.#peers.of(socket)
    const serve = (http: HttpExchange) => this.#serve(http)
    const refuse = (http: HttpExchange, name: FailureName) => this.#refuse(http, name)
    const deadlines = this.#deadlines
    this.#listeners.push(new Listener(server, { peerOf, serve, refuse, deadlines }))
  }

  /**
   * Serves one request: the listener for the `request` event of any `http.Server`, and for its
   * `checkContinue` event, if the application shall decide who sends its body. One of HTTP/2 is
   * answered 505.
   */
  readonly handleRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.httpVersionMajor !== 1) return this.#refuseVersion(request, response)
    // A pipelined request: its turn comes when the response before is complete, unless that is the last.
    if (response.socket === null) response.once('socket', () => this.#serveNode(request, response))
    else this.#serveNode(request, response)
  }

  /** Answers a request to change the protocol, which is not supported, for the `upgrade` event. */
  readonly handleUpgrade = (request: IncomingMessage, socket: Duplex, _head: Buffer): void => {
    refuseUpgrade(request, socket)
  }

  /**
   * Replaces the list of workers. `missing` says what becomes of those that are no longer on it; one
   * that comes back before it has gone goes on with the same connection. Throws an OptionError, and
   * changes nothing, if an address is not one.
   */
  setWorkers(addresses: Iterable<string | Address>, missing: Missing = 'retire'): void {
    this.#workers.set(addresses, missing)
  }

  /**
   * Replaces the settings of the pool: what is not given goes back to its default. Numbers may be
   * texts. Throws an OptionError, and changes nothing, if one is bad, or has a name that none of the
   * pools here has a setting of.
   */
  updateSettings(settings: Readonly<Record<string, unknown>>): void {
    if (this.#isPoolNamed) checkSettings(settings)
    this.#pool.updateSettings(settings)
  }

  /**
   * From now on clients' connections end with the response that is under way, or comes next, and those
   * of an attached server that carry no request end by themselves.
   */
  drain(): void {
    this.#isDraining = true
    for (const listener of this.#listeners) listener.drain()
  }

  /** Takes no more requests, finishes those in progress, then leaves the workers. */
  async close(): Promise<void> {
    this.drain()
    this.#isClosed = true
    if (this.#exchanges.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve)
      })
    }
    this.#workers.close()
    this.#warnings.flush()
  }

  /** Leaves the workers at once: requests in progress fail, and connections of attached servers end. */
  destroy(): void {
    this.#isClosed = true
    // Before the links: these requests are given up here, and no worker has failed.
    for (const exchange of [...this.#exchanges]) exchange.fail('CUT_OFF')
    this.#workers.close()
    for (const listener of this.#listeners) listener.destroy()
    this.#warnings.flush()
  }

  #serveNode(request: IncomingMessage, response: ServerResponse): void {
    // The client has left while somebody else still had the request.
    if (response.destroyed) return
    this.#serve(new NodeExchange(request, response, this.#peers.of(request.socket)))
  }

  #refuseVersion(request: IncomingMessage, response: ServerResponse): void {
    if (':method' in request.headers && !this.#isHttp2Told) {
      this.#isHttp2Told = true
      const facts = { status: failures.BAD_VERSION.status }
      this.#log.error(facts, 'handleRequest is for servers of node:http and node:https only')
    }
    refuseVersion(response)
  }

  /** Answers what is no request yet, and what the access log therefore knows nothing of. */
  #refuse(http: HttpExchange, failure: FailureName): void {
    const { status, message: reason } = failures[failure]
    const facts = { failure, reason, status, client: http.peer.address }
    this.#warnings.write(facts, 'request refused', failure)
    respondWithFailure(http, failure, this.#nextRequestId())
  }

  #serve(http: HttpExchange): void {
    if (this.#isClosed) return respondWithFailure(http, 'CLOSING', this.#nextRequestId())
    this.#budget.countRequest(this.#clock.now() / 1000)
    const exchange = new Exchange(http, this.#forwarding)
    this.#exchanges.add(exchange)
    this.#sweepSoon()
    this.#tickSoon()
    exchange.begin()
  }

  #makeForwarding(options: LoadBalancerOptions): Forwarding {
    const isDraining = () => this.#isDraining
    return {
      clock: this.#clock,
      deadlines: this.#deadlines,
      peers: this.#peers,
      maxRetries: this.#options.maxRetries,
      sendsVia: options.via ?? true,
      clientTimeout: this.#options.clientTimeout,
      get isDraining() {
        return isDraining()
      },
      nextRequestId: () => this.#nextRequestId(),
      classify: this.#guard(options.classifier ?? classifyByHost),
      assign: (pick, avoid) => this.#assign(pick, avoid),
      hasReadyWorker: () => this.#workers.hasReady,
      wait: (exchange) => this.#wait(exchange),
      takeRetry: () => this.#budget.take(this.#clock.now() / 1000, this.#exchanges.size),
      answerFailure: (exchange, name) => this.#answerFailure(exchange, name),
      repeated: (exchange) => this.#warn(exchange, 'WORKER_LOST', 'request repeated'),
      truncated: (exchange, name) => this.#warn(exchange, name, 'response broke off'),
      ended: (exchange) => this.#ended(exchange),
    }
  }

  /** A classifier may be anybody's: what it throws or returns must not hurt. */
  #guard(classifier: Classifier): Forwarding['classify'] {
    return (request) => {
      try {
        const answer: unknown = classifier(request)
        if (!(answer instanceof Promise)) return boundPick(answer)
        // Nobody else would hear of its failure, and Node.js would end the process.
        answer.catch(() => undefined)
        throw new TypeError('it returned a promise instead of a name')
      } catch (error) {
        this.#warnings.write({ error: String(error) }, 'the classifier has failed')
        return { requestClass: defaultClass }
      }
    }
  }

  #nextRequestId(): string {
    this.#lastNumber++
    return `${this.#id}-${this.#lastNumber.toString(36)}`
  }

  /** The pool's choice among the workers that can take a request at this moment. */
  #assign(
    pick: PickArgs,
    avoid: ReadonlySet<WorkerLink> | undefined,
  ): Assignment<WorkerLink> | undefined {
    const now = this.#clock.now() / 1000
    let shunned = avoid
    for (;;) {
      const assignment = this.#pool.assign(pick, now, shunned)
      if (assignment === undefined || assignment.worker.isReady) return assignment
      // It has as many streams as it allows, or its connection has just broken.
      assignment.finish(now, { result: 'refused' })
      shunned = new Set([...(shunned ?? []), assignment.worker])
    }
  }

  #wait(exchange: Exchange): boolean {
    return this.#queue.enter(exchange, this.#deadlines.now())
  }

  /** Gives waiting requests to workers, as long as there are any that take them. */
  #admit(): void {
    for (;;) {
      const exchange = this.#queue.first()
      if (exchange === undefined || !exchange.dispatch()) return
      this.#queue.leave(exchange)
    }
  }

  #answerFailure(exchange: Exchange, name: FailureName): void {
    this.#queue.leave(exchange)
    this.#warn(exchange, name, 'request failed')
    if (this.#isDraining) exchange.http.closeAfter()
    respondWithFailure(exchange.http, name, exchange.id, this.#page)
  }

  #warn(exchange: Exchange, failure: FailureName, message: string): void {
    this.#warnings.write(failureFacts(exchange, failure, this.#options), message, failure)
  }

  #ended(exchange: Exchange): void {
    this.#exchanges.remove(exchange)
    this.#onEnd?.(exchange)
    if (this.#queue.size > 0) {
      this.#queue.leave(exchange)
      this.#admit()
    }
    if (this.#exchanges.size === 0) for (const tell of this.#onIdle.splice(0)) tell()
  }

  /** Ticks as long as requests come; an idle load balancer has no timer. */
  #tickSoon(): void {
    if (this.#isTicking) return
    this.#isTicking = true
    this.#clock.after(tickInterval, () => {
      this.#isTicking = false
      this.#pool.tick?.(this.#clock.now() / 1000)
      if (this.#exchanges.size > 0) this.#tickSoon()
    })
  }

  #sweepSoon(): void {
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.#deadlines.after(sweepInterval, () => {
      this.#isSweeping = false
      this.#sweep()
    })
  }

  /** Ends what has lasted too long, and comes again as long as there is anything to look at. */
  #sweep(): void {
    const now = this.#deadlines.now()
    for (const exchange of this.#queue.takeExpired(now)) exchange.fail('NO_WORKER')
    const { responseTimeout } = this.#options
    if (responseTimeout > 0) {
      for (const exchange of this.#exchanges) {
        if (now - exchange.awaitingSince >= responseTimeout) exchange.timeOut()
      }
    }
    if (this.#exchanges.size > 0) this.#sweepSoon()
  }
}

function poolOf(
  options: LoadBalancerOptions,
  balancing: Required<BalancingOptions>,
  random: () => number,
  log: Logger,
): Pool<WorkerLink> {
  const { settings = {}, versions = 'any' } = options
  return composePool(factoryOf(options, random), {
    settings,
    versions,
    onVersion: (version, before) => {
      log.info({ version, ...(before !== undefined && { before }) }, 'work goes to this version')
    },
    ...(balancing.maxFailures > 0 && { ejection: ejectionOf(balancing, log) }),
  })
}

function ejectionOf(
  { maxFailures, ejectionTime, maxEjectionTime }: Required<BalancingOptions>,
  log: Logger,
): EjectionOptions<WorkerLink> {
  return {
    maxFailures,
    ejectionTime: ejectionTime / 1000,
    maxEjectionTime: maxEjectionTime / 1000,
    onEject: ({ key }, seconds) => {
      log.warn({ worker: key, seconds }, 'worker ejected after too many failures in a row')
    },
    onReturn: ({ key }) => log.info({ worker: key }, 'ejection is over'),
  }
}

function factoryOf(options: LoadBalancerOptions, random: () => number): () => Pool<WorkerLink> {
  const { pool = defaultPool, settings = {}, versions = 'any' } = options
  if (typeof pool === 'string') return () => createPool<WorkerLink>(pool, settings, random)
  if (typeof pool === 'function') return pool
  if (versions === 'any') return () => pool
  throw new OptionError('pool', 'a name, or a function that makes pools, for versions', 'a pool')
}
