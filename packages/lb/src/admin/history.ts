/** What the balancer and its workers were like in the last minutes, for charts. Pure. */
import { type HistoryStatus, seriesNames } from './history-document.ts'
import type { Recent } from './status-document.ts'

/** Samples that are kept of each series, one a second: five minutes. */
export const maxSamples = 300

/** What is sampled. */
export interface HistorySample {
  readonly backlog: number
  readonly waiting: number
  readonly recent: Recent
  readonly workers: readonly { readonly address: string; readonly backlog: number }[]
}

export class History {
  readonly #series: HistoryStatus['series'] = {
    backlog: [],
    waiting: [],
    requestsPerSecond: [],
    errorsPerSecond: [],
    affinityHitRatio: [],
    spillRatio: [],
    regretSeconds: [],
    warmUnitRatio: [],
    p50: [],
    p90: [],
    p99: [],
  }
  /** By address. */
  #workers: Map<string, number[]> = new Map()

  /** Adds a sample, to be called once a second. Workers that it lacks are forgotten. */
  add({ backlog, waiting, recent, workers }: HistorySample): void {
    const values = { ...recent, ...recent.duration, backlog, waiting }
    for (const name of seriesNames) push(this.#series[name], values[name] ?? null)
    const before = this.#workers
    this.#workers = new Map()
    for (const { address, backlog: its } of workers) {
      const series = before.get(address) ?? []
      push(series, its)
      this.#workers.set(address, series)
    }
  }

  /** All of it. `id` is that of the balancer, `time` the present instant. */
  read(id: string, time: string): HistoryStatus {
    return { id, time, series: this.#series, workers: Object.fromEntries(this.#workers) }
  }
}

function push<Value>(series: Value[], value: Value): void {
  series.push(value)
  if (series.length > maxSamples) series.shift()
}
