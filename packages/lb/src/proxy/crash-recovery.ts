/** Applies {@link CrashWatch} to exchanges: collects those of a crash, and repeats them. */
import type { AwakeClock } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import type { LoadBalancerEvents } from '../events.ts'
import type { Worker } from '../workers/worker.ts'
import { type CrashVictim, CrashWatch, type Field, type Verdict } from './crash-watch.ts'
import type { Exchange } from './exchange.ts'
import type { WorkersNow } from './exchange-owner.ts'

export interface CrashRecoveryContext {
  readonly deadlines: AwakeClock
  readonly events: LoadBalancerEvents
  readonly workers: WorkersNow
  readonly exchanges: Iterable<Exchange> & { readonly size: number }
  /** Takes one retry from the budget; false if none is left. */
  readonly takeRetry: () => boolean
  /** The request is repeated. */
  readonly onRetry: (exchange: Exchange) => void
}

export class CrashRecovery {
  readonly #context: CrashRecoveryContext
  readonly #watch: CrashWatch<Exchange, Worker> = new CrashWatch()
  /** The requests of crashes that are being reported. */
  readonly #crashed: Map<Worker, CrashVictim<Exchange>[]> = new Map()
  /** Of the exchange that is being repeated. */
  #avoid: ReadonlySet<Worker> | undefined

  constructor(context: CrashRecoveryContext) {
    this.#context = context
  }

  /** Whether there is nothing to do, as nearly always. */
  get isIdle(): boolean {
    return this.#watch.isIdle
  }

  /**
   * The worker has crashed while it had the request; called once for each of its requests, in one
   * go. One that may be repeated is held until `dispatch`, `send` or `fail` of it is called.
   */
  add(exchange: Exchange, worker: Worker, mayRepeat: boolean, age: number): void {
    const { requestClass } = exchange
    const isRepeat = this.#watch.isTried(exchange)
    const victim = { request: exchange, requestClass, mayRepeat, isRepeat, age }
    const known = this.#crashed.get(worker)
    if (known !== undefined) return void known.push(victim)
    this.#crashed.set(worker, [victim])
    queueMicrotask(() => this.#judge(worker))
  }

  /** The workers that a request must avoid; `refused` if it must not go to any. */
  avoid(exchange: Exchange): ReadonlySet<Worker> | 'refused' | undefined {
    if (this.#avoid !== undefined) return this.#avoid
    const field = () => ({ ...this.#field, others: this.#context.exchanges.size - 1 })
    return this.#watch.avoid(exchange.requestClass, field, this.#now)
  }

  /** A request has been given to a worker. */
  assigned(exchange: Exchange, worker: Worker): void {
    this.#watch.assigned(exchange, exchange.requestClass, worker, this.#now)
  }

  ended(exchange: Exchange): void {
    this.#watch.ended(exchange, exchange.failure === undefined)
    this.repeat()
  }

  /** Repeats the requests whose turn it is. */
  repeat(): void {
    // Until a crash is judged, nothing is known of its requests.
    if (this.#crashed.size > 0) return
    for (const { request: exchange, avoid } of this.#watch.next(this.#field, this.#now)) {
      if (!exchange.isHeld) continue
      this.#avoid = avoid
      // A worker that has crashed may be the only one, or be started again by the next time.
      if (!exchange.send()) exchange.tries.forgive()
      this.#avoid = undefined
    }
  }

  /** Fails the requests that could not be repeated within this many milliseconds. */
  sweep(maxWait: number): void {
    for (const exchange of this.#watch.expired(maxWait, this.#now)) exchange.fail('WORKER_LOST')
    this.repeat()
  }

  #judge(worker: Worker): void {
    const { events } = this.#context
    const victims = this.#crashed.get(worker) ?? []
    this.#crashed.delete(worker)
    const { verdicts, convicted } = this.#watch.onCrash(
      victims,
      (requestClass) => this.#isOnly(requestClass),
      this.#now,
    )
    if (convicted !== undefined) {
      events.emit('classCrashes', { requestClass: convicted, worker: worker.key })
      this.#mark(convicted)
    }
    for (const verdict of verdicts) this.#apply(verdict)
    this.repeat()
  }

  /** `fail` does nothing to exchanges that have ended meanwhile. */
  #apply({ request: exchange, fate }: Verdict<Exchange>): void {
    if (fate === 'lost') return exchange.fail('WORKER_LOST')
    if (fate === 'lostTwice') return exchange.fail('WORKER_LOST_TWICE')
    if (!exchange.isHeld) return this.#watch.ended(exchange, false)
    if (fate === 'held') {
      if (!this.#context.takeRetry()) return exchange.fail('WORKER_LOST')
      return this.#context.onRetry(exchange)
    }
    if (fate === 'again') this.#context.onRetry(exchange)
    exchange.dispatch()
  }

  /** Watches the requests of a class that are in progress. */
  #mark(requestClass: RequestClass): void {
    for (const exchange of this.#context.exchanges) {
      const { worker } = exchange.tries
      if (exchange.requestClass !== requestClass || worker === undefined) continue
      this.assigned(exchange, worker)
    }
  }

  #isOnly(requestClass: RequestClass): boolean {
    for (const exchange of this.#context.exchanges) {
      if (exchange.requestClass !== requestClass) return false
    }
    return true
  }

  get #field(): Field<Worker> {
    const { workers, exchanges } = this.#context
    return { ready: workers.accepting, total: workers.size, others: exchanges.size }
  }

  get #now(): number {
    return this.#context.deadlines.now()
  }
}
