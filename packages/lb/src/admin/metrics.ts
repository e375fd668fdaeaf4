/** The metrics of a load balancer in the text format of Prometheus. */
import type { Clock } from '@resumelb/common'
import type { Registry } from 'prom-client'
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

/** What a scrape needs of prom-client. */
interface Library {
  readonly contentType: string
  /** The metrics of the process, as they are now. */
  readonly process: Registry
  /** A registry of these families. */
  registryOf(families: readonly Family[]): Registry
}

/** A response to a scrape. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/**
 * Counts nothing itself: a scrape reads what the tallies have. prom-client writes the format, and
 * knows the metrics of the process.
 */
export class Metrics {
  readonly #options: MetricsOptions
  readonly #library: Promise<Library> = loadLibrary()

  constructor(options: MetricsOptions) {
    this.#options = options
  }

  async read(): Promise<Exposition> {
    const { contentType, process, registryOf } = await this.#library
    const ours = registryOf(familiesOf(this.#options))
    return { contentType, text: `${await ours.metrics()}\n${await process.metrics()}` }
  }
}

/** Only here, as programs without an admin server do not need it. */
async function loadLibrary(): Promise<Library> {
  const { AggregatorRegistry, collectDefaultMetrics, Registry } = await import('prom-client')
  const process = new Registry()
  collectDefaultMetrics({ register: process })
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    process,
    registryOf: (families) => AggregatorRegistry.aggregate([families as Family[]]),
  }
}
