/** What the page knows of the balancer, and how events change it. Pure. */
import { type HistoryStatus, type SeriesName, seriesNames } from '../history-document.ts'
import type {
  AdminStatus,
  BalancerStatus,
  ClassStatus,
  Incident,
  StatusChange,
  WorkerStatus,
} from '../status-document.ts'

/** Seconds of history that are kept. */
export const historyLength = 300

/** Incidents that are kept. */
const maxIncidents = 100

export type Series = readonly (number | null)[]

export interface Model {
  readonly time: string
  readonly balancer: BalancerStatus
  /** By address. Rows that have not changed are the same objects as before. */
  readonly workers: readonly WorkerStatus[]
  readonly classes: readonly ClassStatus[]
  /** The newest last. */
  readonly incidents: readonly Incident[]
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
    incidents: status.incidents.slice(-maxIncidents),
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
  const workers = merge(model.workers, change.workers, change.workersGone, (one) => one.address)
  workers.sort(byAddress)
  const values = valuesOf(change.balancer)
  return {
    time: change.time,
    balancer: change.balancer,
    workers,
    classes: merge(model.classes, change.classes, change.classesGone, (one) => one.name),
    incidents: [...model.incidents, ...change.incidents].slice(-maxIncidents),
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

/** Rows in place of those with the same key, new ones at the end, without those that have gone. */
function merge<Row>(
  rows: readonly Row[],
  news: readonly Row[],
  gone: readonly string[],
  keyOf: (row: Row) => string,
): Row[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  for (const row of news) byKey.set(keyOf(row), row)
  for (const key of gone) byKey.delete(key)
  return [...byKey.values()]
}

const collator = new Intl.Collator('en', { numeric: true })

/** The order of names: numbers in them count as numbers, so that `:9` comes before `:10`. */
export const compare: (one: string, other: string) => number = collator.compare
