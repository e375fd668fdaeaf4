/** The load balancer: wires listeners, dispatcher, pool and workers. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { awakeClockOf, type Clock, systemClock } from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import { EventLog } from './admin/event-log.ts'
import type { Classifier } from './classify/classifier.ts'
import { LoadBalancerEvents, type RequestInProgress } from './events.ts'
import type { BodyView } from './http/body-view.ts'
import { failures } from './http/failures.ts'
import { Peers, trustTest } from './http/peers.ts'
import type { RequestView } from './http/request-view.ts'
import type { AttachableServer } from './listener/listener.ts'
import { type AttachOptions, Listeners } from './listener/listeners.ts'
import { LiveOptions } from './live-options.ts'
import {
  hopOptionsOf,
  identityOf,
  isPoolNamed,
  type LoadBalancerOptions,
  poolOf,
  refuseUnknownOptions,
} from './load-balancer-options.ts'
import type { BalancingOptions, LiveLimit } from './options.ts'
import { type Explanation, withKeys } from './pool/explanation.ts'
import type { PickArgs } from './pool/pick.ts'
import type { Pool } from './pool/pool.ts'
import { checkSettings } from './pool/registry.ts'
import { Dispatcher } from './proxy/dispatcher.ts'
import type { ErrorPages } from './proxy/error-pages.ts'
import { sessionsOf } from './proxy/sessions.ts'
import type { RunTimeChanges } from './workers/run-time-changes.ts'
import type { MeasuredResumes } from './workers/upstream/measured-resume.ts'
import { resolveUpstreamOptions } from './workers/upstream/options.ts'
import type { Worker, WorkerSnapshot } from './workers/worker.ts'
import { type Missing, WorkerSet } from './workers/worker-set.ts'
import type { GivenWorker } from './workers/worker-spec.ts'

export class LoadBalancer {
  /** Emits what happens; see `LoadBalancerEventMap`. */
  readonly events: LoadBalancerEvents = new LoadBalancerEvents()
  /**
   * Unlike that of any other load balancer, and new after a restart; the ids of requests begin with
   * it.
   */
  readonly id: string
  readonly #clock: Clock
  readonly #eventLog: EventLog
  readonly #pool: Pool<Worker>
  /** Whether the pool is a built-in one, whose settings are known. */
  readonly #isPoolNamed: boolean
  readonly #workers: WorkerSet
  readonly #dispatcher: Dispatcher
  readonly #listeners: Listeners
  readonly #live: LiveOptions
  #settings: Readonly<Record<string, unknown>>
  #isDraining = false

  /** Connects to the workers at once. Throws an OptionError for the first invalid option. */
  constructor(options: LoadBalancerOptions = {}) {
    refuseUnknownOptions(options)
    const { random = Math.random, clock = systemClock, log = defaultLogger() } = options
    const { trustedProxies = [] } = options
    const { events } = this
    const sessions = sessionsOf(options.sticky)
    this.#live = new LiveOptions(options, events, sessions)
    const { balancing } = this.#live
    const hopOptions = hopOptionsOf(options)
    const id = randomBytes(6).toString('base64url')
    this.id = id
    this.#settings = options.settings ?? {}
    this.#clock = clock
    const deadlines = awakeClockOf(clock)
    this.#isPoolNamed = isPoolNamed(options)
    this.#pool = poolOf(options, balancing, random, events, sessions?.idOf)
    const peers = new Peers(trustTest(trustedProxies))
    this.#eventLog = new EventLog(events, log, balancing, clock)
    this.#workers = new WorkerSet({
      pool: this.#pool,
      identity: identityOf(id, options, sessions !== undefined),
      clock,
      random,
      log,
      connectTimeout: balancing.connectTimeout,
      tls: options.workerTls,
      upstream: resolveUpstreamOptions(options),
      measuredResumes: new Map(options.measuredResumes),
      maxClassShare: balancing.maxClassShare,
      events,
      onAvailable: () => this.#dispatcher.admit(),
      waiting: () => this.waiting,
    })
    this.#dispatcher = new Dispatcher({
      pool: this.#pool,
      workers: this.#workers,
      options: balancing,
      clock,
      deadlines,
      peers,
      events,
      classifier: this.#live,
      id,
      ...hopOptions,
      sessions,
      pages: () => this.#live.pages,
    })
    this.#listeners = new Listeners({
      peers,
      hasTrustedProxies: trustedProxies.length > 0,
      deadlines,
      halfCloseTime: balancing.halfCloseTime,
      serve: (http) => this.#dispatcher.dispatch(http),
      refuse: (http, name) => this.#dispatcher.refuse(http, name),
      refuseUnanswered: (...facts) => this.#dispatcher.refuseUnanswered(...facts),
      connectionRefused: (refused) => events.emit('connectionRefused', refused),
      http2Refused: () => {
        const facts = { status: failures.UNSUPPORTED_VERSION.status }
        log.error(facts, 'handleRequest serves requests of node:http and node:https only')
      },
    })
    try {
      if (options.workers !== undefined) this.setWorkers(options.workers)
    } catch (error) {
      // The caller has no instance with which to end the timers.
      this.destroy()
      throw error
    }
  }

  /** Whether it is about to leave: see {@link announceDrain} and {@link drain}. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** The settings of the pool that were given; the others have their defaults. */
  get settings(): Readonly<Record<string, unknown>> {
    return this.#settings
  }

  /** Number of requests in progress at workers. */
  get backlog(): number {
    return this.#pool.backlog
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.#dispatcher.waiting
  }

  /** Of these, the ones that wait because of `classLimit`. */
  get waitingForClass(): number {
    return this.#dispatcher.waitingForClass
  }

  /** The requests in progress. */
  get requests(): Iterable<RequestInProgress> {
    return this.#dispatcher.requests
  }

  /** The state of each worker, including those that are leaving. */
  get workers(): readonly WorkerSnapshot[] {
    return this.#workers.snapshots()
  }

  /**
   * What was measured of `http://` workers, by their addresses, for a load balancer that is to
   * replace this one. Other workers send their résumés themselves.
   */
  get measuredResumes(): MeasuredResumes {
    return this.#workers.measuredResumes
  }

  /** What the classifier says of a request. */
  classify(request: RequestView, body?: BodyView): PickArgs {
    return this.#live.classify(request, body)
  }

  /** Whether a request with a body of so many bytes is classified with its body. */
  readsBody(request: RequestView, length: number): boolean {
    const { readsBody, balancing } = this.#live
    return length > 0 && length <= balancing.maxClassifiedBody && readsBody?.(request) === true
  }

  /**
   * Where a request would go now, and why: each considered worker, by address, with its figures.
   * Changes nothing. `undefined` if the policy does not support this.
   */
  explain(pick: PickArgs): Explanation<string> | undefined {
    const explanation = this.#pool.explain?.(pick, this.#clock.now() / 1000)
    return explanation && withKeys(explanation)
  }

  /**
   * Serves all requests of a new server of `node:http`, `node:https` or `node:tls`, and ends its
   * connections in {@link drain}. Connections that have agreed on `h2` (ALPN), as those of
   * `createTlsServer` may, are served as HTTP/2. They are read here, not by `node:http`: cheaper
   * than {@link handleRequest} by itself, and one request after the other. The server's own events,
   * such as `request` and `clientError`, do not come. Throws an OptionError for other servers.
   */
  attach(server: AttachableServer, options: AttachOptions = {}): void {
    this.#listeners.attach(server, options)
  }

  /**
   * Serves one request: a listener for the `request` event of any `http.Server`, and for its
   * `checkContinue` event, so that the application decides who sends its body. HTTP/2 requests are
   * answered 505.
   */
  readonly handleRequest = (request: IncomingMessage, response: ServerResponse): void => {
    this.#listeners.serve(request, response)
  }

  /**
   * Serves a request for an upgrade, such as that of a WebSocket, and all that follows on its
   * connection: the listener for the `upgrade` event of any `http.Server`.
   */
  readonly handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#listeners.serveUpgrade(request, socket, head)
  }

  /**
   * Replaces the pages for failures; that of `disconnectMessage` stays if it is not given, and null
   * removes it. Throws an OptionError, and changes nothing, if one is invalid.
   */
  setErrorPages(pages: ErrorPages, disconnectMessage?: string | null): void {
    this.#live.setErrorPages(pages, disconnectMessage)
  }

  /** Replaces the classifier, for requests that come from now on. */
  setClassifier(classifier: Classifier): void {
    this.#live.setClassifier(classifier)
  }

  /**
   * Changes limits; those not given stay. A new `waitTimeout` is that of requests that begin to
   * wait. Throws an OptionError, and changes nothing, if a value is invalid.
   */
  updateLimits(limits: Pick<BalancingOptions, LiveLimit>): void {
    this.#live.updateLimits(limits)
  }

  /**
   * Replaces the list of workers. `missing` says what happens to those no longer listed. A worker
   * that is listed again in time keeps its connection. Throws an OptionError, and changes nothing,
   * if an address is invalid.
   */
  setWorkers(workers: Iterable<GivenWorker>, missing: Missing = 'retire'): void {
    this.#workers.set(workers, missing)
  }

  /**
   * Adds a worker to the list, and to each that follows, or gives a listed one another `standby=`
   * or `capacity=`. Throws an OptionError if it is invalid.
   */
  addWorker(worker: GivenWorker): void {
    this.#workers.add(worker)
  }

  /**
   * Removes a worker from the list, and from each that follows, until {@link addWorker}; it
   * finishes its requests. False if there is no worker with that address.
   */
  removeWorker(address: string): boolean {
    return this.#workers.remove(address)
  }

  /** What was changed by `addWorker`, `removeWorker` and `drainWorker`. */
  get changes(): RunTimeChanges {
    return this.#workers.changes
  }

  /**
   * Makes the same changes again, after a restart. Throws an OptionError if a worker is invalid.
   */
  restoreChanges(changes: RunTimeChanges): void {
    this.#workers.restore(changes)
  }

  /**
   * Replaces the settings of the pool; those not given get their defaults. Numbers may be strings.
   * Throws an OptionError, and changes nothing, if a value is invalid, or if no built-in pool has a
   * setting of that name.
   */
  updateSettings(settings: Readonly<Record<string, unknown>>): void {
    if (this.#isPoolNamed) checkSettings(settings)
    this.#pool.updateSettings(settings)
    this.#settings = settings
  }

  /**
   * Gives a worker no new requests, until {@link readyWorker} or until it is no longer on the list.
   * After `deadline` milliseconds its connection is broken, and with it what is still in progress
   * there; without, never. False if there is no worker with that address.
   */
  drainWorker(address: string, deadline?: number): boolean {
    return this.#workers.drain(address, deadline)
  }

  /** Gives a worker requests again after {@link drainWorker}. False if there is no such worker. */
  readyWorker(address: string): boolean {
    return this.#workers.ready(address)
  }

  /**
   * Says that it is about to leave, so that `/readyz` of the admin server says no, and serves as
   * before: what sends clients here has the time until {@link drain} to notice.
   */
  announceDrain(): void {
    this.#isDraining = true
  }

  /**
   * Ends each client connection with its current or next response. Idle connections of attached
   * servers are closed, unless it `keepsIdle` connections: then a client that just sends a request
   * gets a response, and a second call closes what is left.
   */
  drain({ keepsIdle = false }: { readonly keepsIdle?: boolean } = {}): void {
    this.#isDraining = true
    this.#dispatcher.drain()
    if (!keepsIdle) this.#listeners.drain()
  }

  /**
   * Fails the requests in progress, but not upgraded connections, and returns their number. For
   * after {@link drain}, when that takes too long; upgraded connections end by themselves.
   */
  cutOff(): number {
    return this.#dispatcher.cutOff()
  }

  /** Accepts no more requests, finishes those in progress, and disconnects from the workers. */
  async close(): Promise<void> {
    this.drain()
    await this.#dispatcher.close()
    await this.#workers.close()
    this.#eventLog.flush()
  }

  /**
   * Disconnects from the workers at once: requests in progress fail, and connections of attached
   * servers are closed.
   */
  destroy(): void {
    // Before the links, so that these requests do not count as failures of workers.
    this.#dispatcher.destroy()
    void this.#workers.close()
    this.#listeners.destroy()
    this.#eventLog.flush()
  }
}
