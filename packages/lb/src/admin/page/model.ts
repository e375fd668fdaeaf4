/** What the page knows of the balancer, and how events change it. Pure. */
import { type HistoryStatus, type SeriesName, seriesNames } from '../history-document.ts'
import { maxKeptIncidents, statusAfter } from '../status-change.ts'
import type { AdminStatus, BalancerStatus, StatusChange } from '../status-document.ts'
import type { WorkerStatus } from '../worker-status.ts'

/** Seconds of history that are kept. */
export const historyLength = 300

export type Series = readonly (number | null)[]

/** Rows that have not changed are the same objects as before; workers are sorted by address. */
export interface Model extends AdminStatus {
  readonly series: Readonly<Record<SeriesName, Series>>
  /** Backlogs, by address. */
  readonly backlogs: ReadonlyMap<string, Series>
}

export function modelOf(status: AdminStatus, history: HistoryStatus): Model {
  return {
    time: status.time,
    balancer: status.balancer,
    workers: [...status.workers].sort(byAddress),
    classes: status.classes,
    incidents: status.incidents.slice(-maxKeptIncidents),
    series: mapSeries((name) => history.series[name].slice(-historyLength)),
    backlogs: new Map(
      status.workers.map(({ address }) => [
        address,
        (history.workers[address] ?? []).slice(-historyLength),
      ]),
    ),
  }
}

/** The model after a change, which comes once a second. */
export function changed(model: Model, change: StatusChange): Model {
  const status = statusAfter(model, change)
  const workers = [...status.workers].sort(byAddress)
  const values = valuesOf(change.balancer)
  return {
    ...status,
    workers,
    series: mapSeries((name) => appended(model.series[name], values[name])),
    backlogs: new Map(
      workers.map(({ address, backlog }) => [
        address,
        appended(model.backlogs.get(address) ?? [], backlog),
      ]),
    ),
  }
}

function byAddress(one: WorkerStatus, other: WorkerStatus): number {
  return compare(one.address, other.address)
}

function valuesOf({ backlog, waiting, recent }: BalancerStatus): Record<SeriesName, number | null> {
  const { duration } = recent
  return {
    ...recent,
    backlog,
    waiting,
    p50: duration?.p50 ?? null,
    p90: duration?.p90 ?? null,
    p99: duration?.p99 ?? null,
  }
}

function mapSeries(of: (name: SeriesName) => Series): Record<SeriesName, Series> {
  return Object.fromEntries(seriesNames.map((name) => [name, of(name)])) as Record<
    SeriesName,
    Series
  >
}

function appended(series: Series, value: number | null): Series {
  return [...series.slice(-(historyLength - 1)), value]
}

const collator = new Intl.Collator('en', { numeric: true })

/** The order of names: numbers in them count as numbers, so that `:9` comes before `:10`. */
export const compare: (one: string, other: string) => number = collator.compare
