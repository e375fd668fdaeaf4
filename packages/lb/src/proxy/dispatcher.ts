/** Sends requests to workers, queues them, and enforces timeouts. */
import { LinkedList } from '@resumelb/common'
import { defaultClass } from '../classify/classifier.ts'
import type { GuardedClassifier } from '../classify/guard.ts'
import type { LoadBalancerEvents, RequestInProgress, UnreadCause } from '../events.ts'
import { type FailureName, failures } from '../http/failures.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment, Pool } from '../pool/pool.ts'
import type { Worker } from '../workers/worker.ts'
import { Assigner } from './assigner.ts'
import { BodyCollector } from './body-collector.ts'
import { ClassLimit } from './class-limit.ts'
import { CrashRecovery } from './crash-recovery.ts'
import type { FailurePage } from './error-pages.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeContext, ExchangeOwner } from './exchange-owner.ts'
import { respondWithFailure } from './failure-response.ts'
import { RequestQueue } from './request-queue.ts'
import { endedRequest, isShed, troubledRequest } from './request-record.ts'
import { RetryBudget } from './retry-budget.ts'

/** Milliseconds between two checks of timeouts. */
const sweepInterval = 100

/** Milliseconds between two ticks of the pool. */
const tickInterval = 1000

/** What a dispatcher needs. */
export interface DispatcherContext extends ExchangeContext {
  readonly pool: Pool<Worker>
  readonly events: LoadBalancerEvents
  /** The classifier in use. */
  readonly classifier: GuardedClassifier
  /** Prefix of request ids, which makes them unique among all load balancers. */
  readonly id: string
  /** The operator's pages for failures, by status. */
  readonly pages: () => ReadonlyMap<number, FailurePage>
}

export class Dispatcher implements ExchangeOwner {
  readonly context: DispatcherContext
  readonly #queue: RequestQueue<Exchange>
  readonly #classLimit: ClassLimit
  readonly #budget: RetryBudget
  readonly #crashes: CrashRecovery
  readonly #assigner: Assigner
  /** Part of {@link ExchangeOwner}. */
  readonly collector: BodyCollector
  /** The exchanges in progress. */
  readonly #exchanges: LinkedList<Exchange> = new LinkedList()
  #lastNumber = 0
  #isSweeping = false
  #isTicking = false
  #isDraining = false
  /** When the draining began, by the clock of deadlines. */
  #drainedAt = 0
  #isClosed = false
  /** The pending calls of {@link close}. */
  readonly #onIdle: (() => void)[] = []

  constructor(context: DispatcherContext) {
    this.context = context
    const { options, pool } = context
    this.#queue = new RequestQueue(options, (name) => pool.knows?.(name) ?? true)
    this.#classLimit = new ClassLimit(options)
    this.#budget = new RetryBudget(context.options)
    this.#crashes = new CrashRecovery({
      ...context,
      exchanges: this.#exchanges,
      takeRetry: () => this.takeRetry(),
      onRetry: (exchange) => this.onRetry(exchange),
    })
    this.#assigner = new Assigner(context.pool, context.clock, this.#crashes)
    const { deadlines, classifier, events } = context
    const onUnread = (cause: UnreadCause) => events.emit('bodyUnread', { cause })
    this.collector = new BodyCollector(options, deadlines, classifier, onUnread)
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Of these, the ones whose class is at its limit. */
  get waitingForClass(): number {
    let count = 0
    for (const exchange of this.#queue) if (this.#isLimited(exchange)) count++
    return count
  }

  /** The requests in progress. */
  get requests(): Iterable<RequestInProgress> & { readonly size: number } {
    return this.#exchanges
  }

  /** Serves a request: every request gets a response, unless its client disconnects. */
  dispatch(http: HttpExchange): void {
    if (this.#isClosed) {
      this.#refuse(http, 'SHUTTING_DOWN', this.#nextRequestId())
      return
    }
    const { clock, classifier } = this.context
    const now = clock.now()
    this.#budget.countRequest(now / 1000)
    const readsBody = this.collector.reads(http)
    const isClassified = http.refusal === undefined && !readsBody
    const pick = isClassified ? classifier.classify(http.request) : noPick
    const exchange = new Exchange(http, this.#requestIdOf(http), pick, now, this)
    if (readsBody) this.collector.begin(exchange)
    this.#exchanges.add(exchange)
    this.#sweepSoon()
    this.#tickSoon()
    exchange.begin()
  }

  /** Answers invalid input. The only event for it is `inputRefused`. */
  refuse(http: HttpExchange, reason: FailureName): void {
    const { events } = this.context
    const { status } = failures[reason]
    const id = this.#nextRequestId()
    events.emit('inputRefused', { reason, status, remoteAddress: http.peer.address, id })
    this.#refuse(http, reason, id)
  }

  /** Reports what is refused without a response. `detail` is what the library says of it. */
  refuseUnanswered(reason: FailureName, remoteAddress: string, detail: string): void {
    const { status } = failures[reason]
    this.context.events.emit('inputRefused', { reason, status, remoteAddress, detail })
  }

  /** Sends waiting requests to workers, while there are any that accept them. */
  admit(): void {
    if (!this.#crashes.isIdle) this.#crashes.repeat()
    if (this.#queue.size === 0) return
    this.#queue.admit((exchange) => exchange.dispatch(), this.context.deadlines.now())
  }

  /** Ends each client connection with its current or next response. */
  drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#drainedAt = this.context.deadlines.now()
  }

  /** Fails the requests in progress, but for upgraded connections. Returns how many those were. */
  cutOff(): number {
    const cut = [...this.#exchanges].filter(({ isUpgraded }) => !isUpgraded)
    for (const exchange of cut) exchange.fail('DRAIN_TIMEOUT')
    return cut.length
  }

  /** Accepts no more requests, and resolves when those in progress have ended. */
  async close(): Promise<void> {
    this.drain()
    this.#isClosed = true
    if (this.#exchanges.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle.push(resolve)
    })
  }

  /** Accepts no more requests, and fails those in progress. */
  destroy(): void {
    this.#isClosed = true
    for (const exchange of [...this.#exchanges]) exchange.fail('DRAIN_TIMEOUT')
  }

  /** Part of {@link ExchangeOwner}. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Part of {@link ExchangeOwner}. */
  assign(
    exchange: Exchange,
    avoid: ReadonlySet<Worker> | undefined,
    isUpgrade: boolean,
  ): Assignment<Worker> | undefined {
    return this.#assigner.assign(exchange, avoid, isUpgrade)
  }

  /** Part of {@link ExchangeOwner}. */
  admits(exchange: Exchange): boolean {
    if (exchange.countsForClass) return true
    if (!this.#classLimit.allows(exchange.requestClass)) return false
    exchange.countsForClass = this.#classLimit.begin(exchange.requestClass)
    return true
  }

  /** Part of {@link ExchangeOwner}. */
  wait(exchange: Exchange): boolean {
    return this.#queue.enter(exchange, this.context.deadlines.now())
  }

  /** Part of {@link ExchangeOwner}. */
  takeRetry(): boolean {
    const { clock, events } = this.context
    if (this.#budget.take(clock.now() / 1000, this.#exchanges.size)) return true
    events.emit('retryDenied')
    return false
  }

  /** Part of {@link ExchangeOwner}. */
  onCrash(exchange: Exchange, worker: Worker, mayRepeat: boolean, age: number): void {
    this.#crashes.add(exchange, worker, mayRepeat, age)
  }

  /** Part of {@link ExchangeOwner}. */
  onRetry(exchange: Exchange): void {
    const { events } = this.context
    if (events.listenerCount('requestRetried') === 0) return
    events.emit('requestRetried', troubledRequest(exchange, 'WORKER_LOST'))
  }

  /** Part of {@link ExchangeOwner}. */
  onFailure(exchange: Exchange, failure: FailureName): number {
    this.#queue.leave(exchange, this.context.deadlines.now())
    this.#tellFailure(exchange, failure)
    if (this.#isDraining) exchange.http.closeAfter()
    return this.#refuse(exchange.http, failure, exchange.id)
  }

  /** Part of {@link ExchangeOwner}. */
  onTruncated(exchange: Exchange, failure: FailureName): void {
    this.#tellFailure(exchange, failure)
  }

  /** Part of {@link ExchangeOwner}. */
  onEnd(exchange: Exchange): void {
    const { events, clock } = this.context
    this.#exchanges.remove(exchange)
    if (exchange.keepsBody) this.collector.release(exchange)
    if (!this.#crashes.isIdle) this.#crashes.ended(exchange)
    if (events.listenerCount('requestEnded') > 0) {
      events.emit('requestEnded', endedRequest(exchange, clock.now()))
    }
    if (exchange.countsForClass) this.#classLimit.end(exchange.requestClass)
    if (!this.#queue.isIdle) {
      this.#queue.leave(exchange, this.context.deadlines.now())
      this.admit()
    }
    if (this.#exchanges.size === 0) for (const tell of this.#onIdle.splice(0)) tell()
  }

  #isLimited({ countsForClass, requestClass }: Exchange): boolean {
    return !countsForClass && !this.#classLimit.allows(requestClass)
  }

  #refuse(http: HttpExchange, failure: FailureName, id: string): number {
    const { ownFields, pages } = this.context
    return respondWithFailure(http, failure, ownFields, id, pages())
  }

  #tellFailure(exchange: Exchange, failure: FailureName): void {
    const { events } = this.context
    const failed = troubledRequest(exchange, failure)
    events.emit('requestFailed', failed)
    if (isShed(failure)) events.emit('requestShed', failed)
  }

  /** The id that a trusted proxy has given the request, or a new one. */
  #requestIdOf(http: HttpExchange): string {
    const { requestIdField } = this.context
    const { facts, peer } = http
    const given = requestIdField?.idIn(facts, peer.isTrusted) ?? facts.requestId
    return given ?? this.#nextRequestId()
  }

  #nextRequestId(): string {
    this.#lastNumber++
    return `${this.context.id}-${this.#lastNumber.toString(36)}`
  }

  /** Ticks while requests arrive; an idle load balancer has no timer. */
  #tickSoon(): void {
    if (this.#isTicking) return
    this.#isTicking = true
    const { clock, pool } = this.context
    clock.after(tickInterval, () => {
      this.#isTicking = false
      pool.tick?.(clock.now() / 1000)
      if (this.#exchanges.size > 0) this.#tickSoon()
    })
  }

  #sweepSoon(): void {
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.context.deadlines.after(sweepInterval, () => {
      this.#isSweeping = false
      this.#sweep()
    })
  }

  /** Enforces the timeouts, and repeats while there is anything to check. */
  #sweep(): void {
    const { deadlines, options } = this.context
    const now = deadlines.now()
    for (const exchange of this.#queue.takeExpired(now))
      exchange.fail(this.#isLimited(exchange) ? 'CLASS_LIMIT' : 'NO_WORKER')
    this.collector.sweep(now)
    const { responseTimeout } = options
    if (responseTimeout > 0) {
      for (const exchange of this.#exchanges) {
        if (now - exchange.awaitingSince >= responseTimeout) exchange.fail('RESPONSE_TIMEOUT')
      }
    }
    if (!this.#crashes.isIdle) this.#crashes.sweep(options.waitTimeout)
    if (this.#isDraining && now - this.#drainedAt >= options.upgradeDrainTimeout) {
      for (const exchange of this.#exchanges) exchange.goAway()
    }
    if (this.#exchanges.size > 0) this.#sweepSoon()
  }
}

const noPick: PickArgs = { requestClass: defaultClass }
