/** A plain HTTP server as a worker: the load balancer itself measures its résumé. */
import { type Clock, type Logger, Slots, unlimitedConcurrency } from '@resumelb/common'
import type {
  Load,
  Report,
  RequestClass,
  RequestHead,
  StreamHandler,
  WorkerHello,
} from '@resumelb/protocol'
import type { SizedRequest } from '@resumelb/resume'
import {
  ConnectionPool,
  type Origin,
  Readiness,
  reasonOf,
  type UpstreamServer,
} from '@resumelb/upstream'
import type { WorkerTraits, WorkerUpdate } from '../../pool/pool.ts'
import { hostOf } from '../address.ts'
import { effectiveShare, linkTraits } from '../link-traits.ts'
import type { LinkFailure } from '../trouble.ts'
import type { Worker, WorkerListener, WorkerSnapshot, WorkerStream } from '../worker.ts'
import { isSameShare, type WorkerShare, type WorkerSpec } from '../worker-spec.ts'
import { HealthCheck } from './health-check.ts'
import { HttpStream, type HttpStreamOwner } from './http-stream.ts'
import { type Measured, MeasuredResume, type MeasuredServer } from './measured-resume.ts'
import { coldLoadsOf, type ResolvedUpstreamOptions } from './options.ts'

/** What all HTTP workers of a load balancer share. */
export interface HttpWorkerContext {
  readonly clock: Clock
  readonly log: Logger
  /** Maximum milliseconds to connect to a worker. */
  readonly connectTimeout: number
  /** How plain HTTP servers are used. */
  readonly upstream: ResolvedUpstreamOptions
  /** The part of the slots of a worker that one class may hold while there are others. */
  readonly maxClassShare: number
  /** What another load balancer has measured, by address. One that is used is deleted. */
  readonly measuredResumes: Map<string, MeasuredServer>
  readonly listener: WorkerListener
}

/** Requests in progress or waiting for a slot; further ones go to other workers. */
const maxRequests = 16_384

/** Minimum milliseconds between two log lines about invalid responses. */
const faultLogInterval = 10_000

/** What it would say of itself. */
const hello: Pick<WorkerHello, 'version'> = { version: '' }

/** `leaving`: no longer listed, finishes what it has. */
type State = 'connecting' | 'ready' | 'waiting' | 'leaving' | 'closed'

export class HttpWorker implements Worker, HttpStreamOwner {
  readonly key: string
  readonly server: UpstreamServer
  readonly slots: Slots
  readonly clock: Clock
  readonly #context: HttpWorkerContext
  readonly #pool: ConnectionPool
  readonly #readiness: Readiness
  readonly #health: HealthCheck | undefined
  readonly #resume: MeasuredResume
  readonly #streams: Set<HttpStream> = new Set()
  #state: State = 'connecting'
  #share: WorkerShare
  #connectedAt: number | undefined
  #lastFailure: LinkFailure | undefined
  #isReachable = false
  #isReleased = false
  /** No longer listed while it could not be reached; it still finishes what it has. */
  #isRetired = false
  #faultLoggedAt = Number.NEGATIVE_INFINITY

  /** Loads the résumé, if there is a saved one, and begins to connect. */
  constructor({ address: key, share }: WorkerSpec, origin: Origin, context: HttpWorkerContext) {
    const { clock, connectTimeout, log, upstream } = context
    this.key = key
    this.#share = share
    this.clock = clock
    this.#context = context
    this.#pool = new ConnectionPool(origin, clock, connectTimeout)
    const probe = async () => this.#pool.release(await this.#pool.connect())
    this.#readiness = new Readiness({ upstream: key, log, clock, probe })
    this.server = { pool: this.#pool, readiness: this.#readiness, clock }
    const limit = upstream.upstreamConcurrency ?? Number.POSITIVE_INFINITY
    const limits = { limit, share: context.maxClassShare, coldLoads: coldLoadsOf(upstream, limit) }
    this.slots = new Slots(limits, clock, setImmediate)
    this.#health = this.#healthCheck(hostOf(origin))
    this.#resume = new MeasuredResume(key, context, (news) => {
      if (this.traits !== undefined) context.listener.onUpdate(this, news)
    })
    void this.#start()
  }

  /** What was measured so far. */
  get measured(): MeasuredServer {
    return this.#resume.measured
  }

  /** Part of {@link Worker}. */
  get traits(): WorkerTraits | undefined {
    if (!(this.#state === 'ready' || this.#state === 'leaving')) return undefined
    const isLeaving = this.#state === 'leaving'
    const load = this.#load
    const share = this.#share
    const traits = linkTraits({ key: this.key, worker: hello, load, share, isLeaving })
    const { upstreamBalancers: balancers } = this.#context.upstream
    return balancers > 1 ? { ...traits, balancers } : traits
  }

  /** Part of {@link Worker}. */
  get isReady(): boolean {
    return this.isOpen
  }

  /** Part of {@link Worker}. */
  get isOpen(): boolean {
    return this.#state === 'ready' && this.#streams.size < maxRequests
  }

  /** Part of {@link Worker}. A server that does not know of upgrades answers as usual. */
  get takesUpgrades(): boolean {
    return true
  }

  /** Part of {@link Worker}. A closed connection is no sign of a crash: each request has its own. */
  get hasCrashed(): boolean {
    return false
  }

  /** Part of {@link Worker}. */
  get isDraining(): boolean {
    return false
  }

  /** Part of {@link Worker}. */
  snapshot(): Omit<WorkerSnapshot, 'isHeld'> {
    const state = this.traits?.state ?? (this.#state === 'waiting' ? 'waiting' : 'connecting')
    const isKnown = this.#state !== 'connecting'
    const { isStandby, capacity = 1 } = effectiveShare(this.#share)
    let unsentLength = 0
    for (const { queuedBytes } of this.#streams) unsentLength += queuedBytes
    return {
      address: this.key,
      state,
      isReady: this.isReady,
      isStandby,
      capacity,
      backlog: this.#streams.size,
      unsentLength,
      connectedAt: this.#connectedAt,
      lastFailure: this.#lastFailure,
      description: isKnown ? '' : undefined,
      version: isKnown ? '' : undefined,
      load: isKnown ? this.#load : undefined,
      isUnlimited: this.#context.upstream.upstreamConcurrency === undefined,
    }
  }

  /** Part of {@link Worker}. */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): WorkerStream {
    const stream = new HttpStream(this, head, handler, isWhole)
    this.#streams.add(stream)
    this.slots.enter(stream)
    if (body !== undefined) stream.write(body)
    if (isWhole) stream.end()
    return stream
  }

  /** Part of {@link Worker}: a plain server knows nothing of hand-overs. */
  get handsOver(): boolean {
    return false
  }

  /** Part of {@link Worker}. */
  handOver(): boolean {
    return false
  }

  /** Part of {@link Worker}. */
  retire(): void {
    if (this.#state === 'leaving' || this.#state === 'closed') return
    if (this.#streams.size === 0) return void this.close()
    if (this.#state !== 'ready') {
      this.#isRetired = true
      return
    }
    this.#state = 'leaving'
    this.#tellTraits()
  }

  /** Part of {@link Worker}. */
  release(): void {
    if (this.#state === 'ready' || this.#state === 'leaving') this.#isReleased = true
    else void this.close()
  }

  /** Part of {@link Worker}. */
  recall(share: WorkerShare): void {
    this.#isReleased = false
    this.#isRetired = false
    const before = this.#share
    this.#share = share
    if (this.#state === 'leaving') {
      if (!this.#isReachable) return this.#lose()
      this.#state = 'ready'
    } else if (isSameShare(share, before)) return
    this.#tellTraits()
  }

  /** Part of {@link Worker}. */
  disconnect(): void {
    for (const stream of [...this.#streams]) stream.disconnect()
  }

  /** Part of {@link Worker}. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#readiness.stop()
    this.#health?.stop()
    this.disconnect()
    this.#pool.close()
    this.#context.listener.onClosed(this, 'closed by the load balancer')
    await this.#resume.close()
  }

  /** Part of {@link HttpStreamOwner}. */
  knows(requestClass: RequestClass): boolean {
    return this.#resume.knows(requestClass)
  }

  /** Part of {@link HttpStreamOwner}. */
  isCold(requestClass: RequestClass): boolean {
    return this.#resume.isCold(requestClass)
  }

  /** Part of {@link HttpStreamOwner}. */
  expectedSeconds(requestClass: RequestClass): number {
    return this.#resume.expectedSeconds(requestClass)
  }

  /** Part of {@link HttpStreamOwner}. */
  sizeOf(head: RequestHead): SizedRequest | undefined {
    return this.#resume.sizeOf(head)
  }

  /** Part of {@link HttpStreamOwner}. */
  onAnswer(): void {
    this.#resume.answered()
  }

  /** Part of {@link HttpStreamOwner}. */
  onServed(stream: HttpStream, measured: Measured): Report {
    this.#onOver(stream)
    return this.#resume.finish(stream.head.requestClass, measured, this.#load.concurrency)
  }

  /** Part of {@link HttpStreamOwner}. */
  onFailed(stream: HttpStream, error: Error | undefined): void {
    this.#onOver(stream)
    const now = this.clock.now()
    if (error === undefined || now - this.#faultLoggedAt < faultLogInterval) return
    this.#faultLoggedAt = now
    const { id, method, url } = stream.head
    const facts = { worker: this.key, id, method, url, reason: reasonOf(error) }
    this.#context.log.warn(facts, 'no valid response of the HTTP server')
  }

  get #load(): Load {
    const { upstreamConcurrency = unlimitedConcurrency } = this.#context.upstream
    const isHealthy = this.#health?.isHealthy !== false
    const state = this.#state === 'leaving' ? 'draining' : isHealthy ? 'ready' : 'unready'
    const requests = this.#streams.size
    return { state, concurrency: upstreamConcurrency, requests, eventLoopDelay: 0 }
  }

  async #start(): Promise<void> {
    await this.#resume.load()
    if (this.#state === 'closed') return
    this.#readiness.start((isReady, reason) => this.#onReachable(isReady, reason))
    this.#health?.start()
  }

  #healthCheck(host: string): HealthCheck | undefined {
    const { healthUrl } = this.#context.upstream
    if (healthUrl === undefined) return undefined
    return new HealthCheck({
      server: this.server,
      host,
      path: healthUrl,
      options: this.#context.upstream,
      onChange: (isHealthy, reason) => this.#onHealth(isHealthy, reason),
    })
  }

  #onHealth(isHealthy: boolean, reason: string): void {
    const { log } = this.#context
    if (isHealthy) log.info({ worker: this.key }, 'worker is healthy')
    else log.warn({ worker: this.key, reason }, 'worker is unhealthy')
    if (this.traits === undefined) this.#rise()
    else this.#tellTraits()
  }

  #onReachable(isReachable: boolean, reason: string): void {
    this.#isReachable = isReachable
    if (isReachable) return this.#rise()
    const at = this.clock.now()
    this.#lastFailure = { code: 'UNREACHABLE', reason, at, failures: 1 }
    // Its requests in progress have connections of their own.
    if (this.#state === 'leaving' || this.#isReleased) return this.retire()
    this.#lose()
  }

  /** It gets no requests until it can be reached. */
  #lose(): void {
    const wasUp = this.traits !== undefined
    this.#state = 'waiting'
    this.#connectedAt = undefined
    this.#resume.forgetWarmth()
    if (wasUp) this.#context.listener.onLost(this, this.#lastFailure?.reason ?? '')
  }

  /**
   * The worker can be used once it can be connected to, and its health is known if it is checked.
   */
  #rise(): void {
    const isKnown = this.#health === undefined || this.#health.isHealthy !== undefined
    if (!(this.#isReachable && isKnown) || this.#isRetired || this.traits !== undefined) return
    this.#state = 'ready'
    this.#connectedAt = this.clock.now()
    this.#tellTraits({ resume: this.#resume.skills, warmth: this.#resume.warmth })
  }

  #tellTraits(more: WorkerUpdate = {}): void {
    const { traits } = this
    if (traits === undefined) return
    this.#context.listener.onUpdate(this, { traits, ...more })
  }

  #onOver(stream: HttpStream): void {
    this.#streams.delete(stream)
    const isLeaving = this.#state === 'leaving' || this.#isRetired
    if (isLeaving && this.#streams.size === 0) void this.close()
  }
}
