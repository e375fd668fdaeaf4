/** Puts the parts together: listeners, the dispatcher, the pool and the workers. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type Address,
  type AwakeClock,
  awakeClockOf,
  type Clock,
  type Logger,
  systemClock,
} from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import { EventLog } from './admin/event-log.ts'
import { classifyByHost } from './classify/by-host.ts'
import { guardClassifier } from './classify/guard.ts'
import { LoadBalancerEvents, type RequestInProgress } from './events.ts'
import { failures } from './http/failures.ts'
import { Peers, trustTest } from './http/peers.ts'
import { type AttachableServer, Listener } from './listener/listener.ts'
import { NodeExchange } from './listener/node/node-exchange.ts'
import { refuseUpgrade, refuseVersion } from './listener/node/refuse.ts'
import {
  isPoolNamed,
  type LoadBalancerOptions,
  poolOf,
  refuseUnknownOptions,
} from './load-balancer-options.ts'
import { resolveBalancingOptions } from './options.ts'
import type { Explanation } from './pool/explanation.ts'
import type { PickArgs } from './pool/pick.ts'
import type { Pool } from './pool/pool.ts'
import { checkSettings } from './pool/registry.ts'
import { Dispatcher } from './proxy/dispatcher.ts'
import { failurePage } from './proxy/failure-response.ts'
import { version } from './version.ts'
import type { WorkerLink } from './workers/worker-link.ts'
import { type Missing, WorkerSet, type WorkerSnapshot } from './workers/worker-set.ts'

export class LoadBalancer {
  /** What happens here; see `LoadBalancerEventMap`. */
  readonly events: LoadBalancerEvents = new LoadBalancerEvents()
  readonly #clock: Clock
  readonly #deadlines: AwakeClock
  readonly #log: Logger
  readonly #eventLog: EventLog
  readonly #pool: Pool<WorkerLink>
  /** Whether it is one of ours, whose settings are known. */
  readonly #isPoolNamed: boolean
  readonly #workers: WorkerSet
  readonly #dispatcher: Dispatcher
  readonly #peers: Peers
  readonly #listeners: Listener[] = []
  readonly #halfCloseTime: number
  /** Whether the log has mentioned requests of HTTP/2. */
  #isHttp2Told = false

  /** Throws an OptionError that names the first bad option. Connects to the workers at once. */
  constructor(options: LoadBalancerOptions = {}) {
    refuseUnknownOptions(options)
    const { random = Math.random, clock = systemClock, log = defaultLogger() } = options
    const { classifier = classifyByHost, disconnectMessage: page } = options
    const { events } = this
    const balancing = resolveBalancingOptions(options)
    const id = randomBytes(6).toString('base64url')
    this.#clock = clock
    this.#halfCloseTime = balancing.halfCloseTime
    this.#deadlines = awakeClockOf(clock)
    this.#log = log
    this.#isPoolNamed = isPoolNamed(options)
    this.#pool = poolOf(options, balancing, random, events)
    this.#peers = new Peers(trustTest(options.trustedProxies ?? []))
    this.#eventLog = new EventLog(events, log, balancing, clock)
    this.#workers = new WorkerSet({
      pool: this.#pool,
      identity: { role: 'balancer', software: `resumelb/${version}`, id },
      clock,
      random,
      log,
      connectTimeout: balancing.connectTimeout,
      events,
      onAvailable: () => this.#dispatcher.admit(),
      waiting: () => this.waiting,
    })
    this.#dispatcher = new Dispatcher({
      pool: this.#pool,
      hasReadyWorker: () => this.#workers.hasReady,
      options: balancing,
      clock,
      deadlines: this.#deadlines,
      peers: this.#peers,
      events,
      classify: guardClassifier(classifier, (error) => events.emit('classifierFailed', error)),
      id,
      sendsVia: options.via ?? true,
      addsForwarded: options.forwarded ?? true,
      page: page === undefined ? undefined : failurePage(page),
    })
    this.setWorkers(options.workers ?? [])
  }

  /** Requests that workers have and have not finished. */
  get backlog(): number {
    return this.#pool.backlog
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.#dispatcher.waiting
  }

  /** The requests that have come and are not over. */
  get requests(): Iterable<RequestInProgress> {
    return this.#dispatcher.requests
  }

  /** What is known of each worker at this moment, those included that are leaving. */
  get workers(): readonly WorkerSnapshot[] {
    return this.#workers.snapshots()
  }

  /**
   * What would become of a request now, and why: each worker that would be looked at, by its address,
   * with its figures. Changes nothing. `undefined` if the policy cannot tell.
   */
  explain(pick: PickArgs): Explanation<string> | undefined {
    const explanation = this.#pool.explain?.(pick, this.#clock.now() / 1000)
    return (
      explanation && {
        chosen: explanation.chosen?.key,
        candidates: explanation.candidates.map((each) => ({ ...each, worker: each.worker.key })),
      }
    )
  }

  /**
   * Serves all requests of a new server of `node:http`, `node:https` or `node:tls`, and ends its
   * connections in {@link drain}. Connections that have agreed on `h2` (ALPN), as those of
   * `createTlsServer` may, are served as HTTP/2. They are read here, not by `node:http`: cheaper than
   * {@link handleRequest} by itself, and one request after the other. The server's own events, such as
   * `request` and `clientError`, do not come. Throws an OptionError for other servers.
   */
  attach(server: AttachableServer): void {
    this.#listeners.push(
      new Listener(server, {
        peerOf: (socket: Socket) => this.#peers.of(socket),
        serve: (http) => this.#dispatcher.dispatch(http),
        refuse: (http, name) => this.#dispatcher.refuse(http, name),
        refuseUnanswered: (...facts) => this.#dispatcher.refuseUnanswered(...facts),
        deadlines: this.#deadlines,
        halfCloseTime: this.#halfCloseTime,
      }),
    )
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
    this.#dispatcher.drain()
    for (const listener of this.#listeners) listener.drain()
  }

  /** Takes no more requests, finishes those in progress, then leaves the workers. */
  async close(): Promise<void> {
    this.drain()
    await this.#dispatcher.close()
    this.#workers.close()
    this.#eventLog.flush()
  }

  /** Leaves the workers at once: requests in progress fail, and connections of attached servers end. */
  destroy(): void {
    // Before the links: these requests are given up here, and no worker has failed.
    this.#dispatcher.destroy()
    this.#workers.close()
    for (const listener of this.#listeners) listener.destroy()
    this.#eventLog.flush()
  }

  #serveNode(request: IncomingMessage, response: ServerResponse): void {
    // The client has left while somebody else still had the request.
    if (response.destroyed) return
    this.#dispatcher.dispatch(new NodeExchange(request, response, this.#peers.of(request.socket)))
  }

  #refuseVersion(request: IncomingMessage, response: ServerResponse): void {
    if (':method' in request.headers && !this.#isHttp2Told) {
      this.#isHttp2Told = true
      const facts = { status: failures.UNSUPPORTED_VERSION.status }
      this.#log.error(facts, 'handleRequest serves requests of node:http and node:https only')
    }
    refuseVersion(response)
  }
}
