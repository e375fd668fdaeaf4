/** What the admin server tells of one load balancer, and changes of it. */
import type { Clock, Logger } from '@resumelb/common'
import type { AdminSource } from './admin-source.ts'
import type { AdminBackend } from './backend.ts'
import { type ChangeHooks, Changes } from './changes.ts'
import { type BadQuestion, type ExplainAnswer, explainQuery } from './explain-query.ts'
import type { HistoryStatus } from './history-document.ts'
import { type CountedFamilies, type Exposition, Metrics } from './metrics.ts'
import type { AdminStatus } from './status-document.ts'
import { StatusReader } from './status-reader.ts'

export interface BalancerBackendOptions {
  readonly clock: Clock
  /** Classes with metrics of their own. */
  readonly metricsClasses: number
  readonly log: Logger
  readonly hooks: ChangeHooks
}

export class BalancerBackend implements AdminBackend {
  readonly live: StatusReader
  readonly changes: Changes
  readonly #source: AdminSource
  readonly #metrics: Metrics

  /** Begins to count what happens. */
  constructor(source: AdminSource, options: BalancerBackendOptions) {
    const { clock, metricsClasses: classes, log, hooks } = options
    this.#source = source
    this.live = new StatusReader(source, clock)
    this.#metrics = new Metrics({ source, reader: this.live, clock, classes })
    this.changes = new Changes(source, this.live.incidents, log, hooks)
  }

  isReady(): boolean {
    return this.live.isReady
  }

  status(classes: number): AdminStatus {
    return this.live.read(classes)
  }

  prepare(): void {
    // It always is.
  }

  history(): HistoryStatus {
    return this.live.history
  }

  metrics(): Promise<Exposition> {
    return this.#metrics.read()
  }

  /** The metrics as data. */
  families(): Promise<CountedFamilies> {
    return this.#metrics.families()
  }

  explain(query: URLSearchParams, body?: Buffer): ExplainAnswer | BadQuestion {
    return explainQuery(query, this.#source, body)
  }

  stop(): void {
    this.live.stop()
  }
}
