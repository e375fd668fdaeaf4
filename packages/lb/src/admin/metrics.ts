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

/** What one process counts, as plain data. */
export interface CountedFamilies {
  readonly own: readonly Family[]
  /** Memory, processor time and the like: what prom-client knows of any process. */
  readonly process: readonly Family[]
}

/** The metrics of this process. They are collected from the making of it on. */
export class ProcessMetrics {
  readonly #library: Promise<Library> = loadLibrary()

  /** What any process has. */
  async families(): Promise<readonly Family[]> {
    const { process } = await this.#library
    return (await process.getMetricsAsJSON()) as unknown as readonly Family[]
  }

  /** The text of these families and, unless there are some of them, those of the process. */
  async expose(families: readonly Family[], others?: readonly Family[]): Promise<Exposition> {
    const { contentType, process, registryOf } = await this.#library
    const rest = others === undefined ? process : registryOf(others)
    const text = `${await registryOf(families).metrics()}\n${await rest.metrics()}`
    return { contentType, text }
  }
}

/**
 * Counts nothing itself: a scrape reads what the tallies have. prom-client writes the format, and
 * knows the metrics of the process.
 */
export class Metrics {
  readonly #options: MetricsOptions
  readonly #process = new ProcessMetrics()

  constructor(options: MetricsOptions) {
    this.#options = options
  }

  read(): Promise<Exposition> {
    return this.#process.expose(familiesOf(this.#options))
  }

  async families(): Promise<CountedFamilies> {
    return { own: familiesOf(this.#options), process: await this.#process.families() }
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
