/** The metrics of a load balancer in the text format of Prometheus. */
import type { Clock } from '@resumelb/common'
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { AdminSource } from './admin-source.ts'
import { familiesOf } from './metric-families.ts'
import type { Family } from './metric-family.ts'
import type { StatusReader } from './status-reader.ts'

export interface MetricsOptions {
  readonly source: AdminSource
  readonly reader: StatusReader
  readonly clock: Clock
  /** Classes with a label of their own; 0: none. */
  readonly classes: number
}

/**
 * Counts nothing itself: a scrape reads what the tallies have. prom-client writes the format, and
 * knows the metrics of the process.
 */
export class Metrics {
  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE
  readonly #options: MetricsOptions
  readonly #process = new Registry()

  constructor(options: MetricsOptions) {
    this.#options = options
    collectDefaultMetrics({ register: this.#process })
  }

  async text(): Promise<string> {
    const families: readonly Family[] = familiesOf(this.#options)
    const ours = AggregatorRegistry.aggregate([families as Family[]])
    return `${await ours.metrics()}\n${await this.#process.metrics()}`
  }
}
