/** Ejects workers that fail too often in a row, over any pool (as gRPC's outlier detection). */

import { WatchedAssignment } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Outcome, Pool, Reason, WorkerSummary, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

/** When workers are ejected, for how long, and who is notified. Times are in seconds. */
export interface EjectionOptions<Worker> {
  /** Consecutive failures that eject a worker. At least 1. */
  readonly maxFailures: number
  /** How long the first ejection lasts. Each further one lasts twice as long as the one before. */
  readonly ejectionTime: number
  /** Maximum duration of an ejection. */
  readonly maxEjectionTime: number
  readonly onEject?: (worker: Worker, seconds: number) => void
  /** Called when an ejection ended. */
  readonly onReturn?: (worker: Worker) => void
}

/** Maximum fraction of the workers that are ejected at the same time. */
const maxShare = 0.5

/** What is remembered of a worker that has failed lately. */
interface FailureRecord {
  /** Failures in a row. */
  failures: number
  /** Ejections without a good while in between. */
  ejections: number
  /** When its present or last ejection ends, or when it failed last. */
  until: number
  /** Whether the loss of its present connection has been counted. */
  isLossCounted: boolean
}

/**
 * Gives an ejected worker requests only while no other worker can take them. After its ejection the
 * worker gets requests as before; until one succeeds, a single failure ejects it again, for twice
 * as long. The loss of a connection is one failure, however many requests it had.
 */
export class EjectionPool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #options: EjectionOptions<Worker>
  readonly #present = new Set<Worker>()
  /** Of workers that have failed lately: usually none. */
  readonly #records = new Map<Worker, FailureRecord>()
  readonly #ejected = new Set<Worker>()

  constructor(create: PoolFactory<Worker>, options: EjectionOptions<Worker>) {
    this.#pool = create()
    this.#options = options
  }

  get backlog(): number {
    return this.#pool.backlog
  }

  get size(): number {
    return this.#pool.size
  }

  /** Workers that are ejected now. */
  get ejected(): ReadonlySet<Worker> {
    return this.#ejected
  }

  updateSettings(settings: GivenSettings): void {
    this.#pool.updateSettings(settings)
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    if (news.traits !== undefined && !this.#present.has(worker)) this.#join(worker, now)
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#present.delete(worker)
    this.#pool.remove(worker, now)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#pool.summaries?.(now)?.filter(({ worker }) => !this.#ejected.has(worker))
  }

  tick(now: number): void {
    if (this.#ejected.size > 0) this.#endEjections(now)
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    if (this.#ejected.size > 0) this.#endEjections(now)
    const hasEjected = this.#ejected.size > 0
    const barred = hasEjected ? union(avoid, this.#ejected) : avoid
    let assignment = this.#pool.assign(pick, now, barred)
    if (assignment === undefined && hasEjected && !pick.mustBeHealthy) {
      assignment = this.#pool.assign(pick, now, avoid)
    }
    if (assignment === undefined) return undefined
    const reason = this.#ejected.has(assignment.worker) ? 'ejected' : assignment.reason
    return new ObservedAssignment(assignment, reason, this.#onFinish)
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const ejected = new Set([...this.#ejected].filter((w) => this.#recordOf(w).until > now))
    let explanation = this.#pool.explain?.(pick, now, union(avoid, ejected))
    if (ejected.size > 0 && explanation?.chosen === undefined && !pick.mustBeHealthy) {
      explanation = this.#pool.explain?.(pick, now, avoid)
    }
    return explanation && withRole(explanation, ejected, 'ejected')
  }

  /** A worker that comes back is as trusted as when it left, unless that was long ago. */
  #join(worker: Worker, now: number): void {
    this.#present.add(worker)
    const record = this.#records.get(worker)
    if (record !== undefined) record.isLossCounted = false
    for (const [other, { until, ejections }] of this.#records) {
      const isForgotten = !this.#present.has(other) && now >= until + this.#duration(ejections)
      if (isForgotten) this.#forget(other)
    }
  }

  #endEjections(now: number): void {
    for (const worker of this.#ejected) {
      const record = this.#recordOf(worker)
      if (record.until > now) continue
      record.failures = this.#options.maxFailures - 1
      this.#ejected.delete(worker)
      this.#options.onReturn?.(worker)
    }
  }

  readonly #onFinish = (worker: Worker, now: number, { result }: Outcome): void => {
    if (result === 'served') this.#succeed(worker, now)
    else if (result === 'failed' || result === 'timeout') this.#fail(worker, now)
    else if (result === 'disconnected') this.#disconnect(worker, now)
  }

  #succeed(worker: Worker, now: number): void {
    if (this.#records.size === 0) return
    const record = this.#records.get(worker)
    if (record === undefined || this.#ejected.has(worker)) return
    record.failures = 0
    if (now >= record.until + this.#duration(record.ejections)) this.#forget(worker)
  }

  #disconnect(worker: Worker, now: number): void {
    const record = this.#recordOf(worker)
    if (record.isLossCounted) return
    record.isLossCounted = true
    this.#fail(worker, now)
  }

  #fail(worker: Worker, now: number): void {
    const { maxFailures, onEject } = this.#options
    const record = this.#recordOf(worker)
    if (this.#ejected.has(worker)) return
    record.failures++
    record.until = now
    if (record.failures < maxFailures || !this.#mayEjectOneMore()) return
    record.ejections++
    const seconds = this.#duration(record.ejections)
    record.until = now + seconds
    this.#ejected.add(worker)
    onEject?.(worker, seconds)
  }

  #mayEjectOneMore(): boolean {
    let ejected = 0
    for (const worker of this.#ejected) if (this.#present.has(worker)) ejected++
    return ejected + 1 <= this.#present.size * maxShare
  }

  #forget(worker: Worker): void {
    this.#records.delete(worker)
    this.#ejected.delete(worker)
  }

  #recordOf(worker: Worker): FailureRecord {
    let record = this.#records.get(worker)
    if (record === undefined) {
      record = { failures: 0, ejections: 0, until: 0, isLossCounted: false }
      this.#records.set(worker, record)
    }
    return record
  }

  /** Seconds that the ejection of this number lasts. */
  #duration(ejections: number): number {
    const { ejectionTime, maxEjectionTime } = this.#options
    return Math.min(ejectionTime * 2 ** Math.max(ejections - 1, 0), maxEjectionTime)
  }
}

/** An assignment that reports its first end. A class, because closures would cost more. */
class ObservedAssignment<Worker> extends WatchedAssignment<Worker> {
  readonly #onFinish: (worker: Worker, now: number, outcome: Outcome) => void

  constructor(
    assignment: Assignment<Worker>,
    reason: Reason | undefined,
    onFinish: (worker: Worker, now: number, outcome: Outcome) => void,
  ) {
    super(assignment, reason)
    this.#onFinish = onFinish
  }

  protected override onEnd(now: number, outcome: Outcome): void {
    this.#onFinish(this.worker, now, outcome)
  }
}
