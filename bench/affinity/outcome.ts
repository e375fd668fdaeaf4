/** What the comparison has found, as plain data, and the figures that are made of it. */
import { median, sum } from '../statistics.ts'
import type { Product } from './contestants/contestant.ts'
import type { Result } from './load/job.ts'
import type { Phase } from './trial.ts'
import type { Workload } from './workload.ts'

export interface Outcome {
  readonly workload: Workload
  /** Seconds of each measurement. */
  readonly seconds: number
  /**
   * Each names the tenants anew and draws other requests: the luck of a hash is not always the
   * same.
   */
  readonly seeds: readonly number[]
  /** Requests per second of the open loop, for each seed. */
  readonly openRates: readonly number[]
  /** The same for each load of the restarts. */
  readonly restartRates: readonly { readonly load: number; readonly rates: readonly number[] }[]
  /** What the application does when every request hits, for each seed. */
  readonly allHits: readonly Result[]
  readonly rows: readonly Row[]
  readonly machine: Machine
}

export interface Row {
  readonly name: string
  readonly product: Product
  readonly note: string
  /** A result for each seed. */
  readonly measured: Readonly<Partial<Record<Phase, readonly Result[]>>>
  /** For each load that it can carry; empty if it has not gone through restarts. */
  readonly restarts: readonly RestartsAtLoad[]
}

/** A result for each seed, without restarts and while each worker in turn is restarted. */
export interface RestartsAtLoad {
  /** The part of the saturated throughput of what everything else is compared with. */
  readonly load: number
  readonly without: Result[]
  readonly during: Result[]
}

export interface Machine {
  readonly cores: number
  readonly model: string
  readonly node: string
  /** Mean number of processes that ran or waited in the minute before: near 0 if it was quiet. */
  readonly loadBefore: number
}

/** What everything else is compared with. */
export const champion = 'resumelb cost'

/** The same pool in front of workers that warm up, of which the bars of the restarts are. */
export const warmChampion = 'resumelb warm'

/** The part of the champion's saturated throughput that the load of the open loop is. */
export const openPart = 0.6

/** The median over the seeds of one figure; `NaN` if there are none. */
export function medianBy(
  results: readonly Result[] | undefined,
  of: (one: Result) => number,
): number {
  return median((results ?? []).map(of))
}

export function throughput({ answered, seconds }: Result): number {
  return answered / seconds
}

export function hitRate({ hits, answered }: Result): number {
  return answered === 0 ? 0 : hits / answered
}

/** The part of all requests that got no good answer. */
export function shedRate({ asked, answered }: Result): number {
  return asked === 0 ? 0 : (asked - answered) / asked
}

/** The busiest worker's time of service by the mean of all workers. */
export function imbalance({ workers }: Result, count: number): number {
  const busy = Object.values(workers).map((worker) => worker.busy)
  const total = sum(busy)
  return total === 0 ? 0 : (Math.max(...busy) * count) / total
}

/** Different tenants that a worker has served, on average. */
export function tenantsPerWorker({ workers }: Result, count: number): number {
  return Object.values(workers).reduce((sum, worker) => sum + worker.tenants, 0) / count
}

/** A promise of the project, and what has become of it. */
export interface Bar {
  readonly claim: string
  readonly measured: number
  readonly wanted: number
  readonly isMet: boolean
}

/** How the champion did; empty if it or all others were left out. */
export function bars({ rows, allHits }: Outcome): Bar[] {
  const ours = rows.find((row) => row.name === champion)
  const others = rows.filter((row) => row.product !== 'resumelb')
  if (ours === undefined || others.length === 0) return []
  const fastest = best(others, saturated)
  const calmest = best(others, (row) => -openP99(row))
  return [
    bar(
      `saturated throughput, by that of the best of the others (${fastest.name})`,
      saturated(ours) / saturated(fastest),
      2,
      'least',
    ),
    bar(
      'saturated throughput, by that with all hits',
      saturated(ours) / medianBy(allHits, throughput),
      0.8,
      'least',
    ),
    bar(
      `p99 at ${openPart * 100} % load, by that of the best of the others (${calmest.name})`,
      openP99(ours) / openP99(calmest),
      0.5,
      'most',
    ),
  ]
}

/** How workers that warm up did while they were restarted; empty if they were left out. */
export function restartBars({ rows }: Outcome): Bar[] {
  const { restarts = [] } = rows.find((row) => row.name === warmChampion) ?? {}
  return restarts.flatMap((at) => {
    const when = `at ${percent(at.load)} load`
    const slowdown = restartSlowdown(at)
    return [
      bar(`hits during restarts ${when}`, medianBy(at.during, hitRate), 0.97, 'least'),
      bar(`p99 during restarts ${when}, by that without restarts`, slowdown, 1.5, 'most'),
    ]
  })
}

/** The 99th percentile during restarts by that of the same load without restarts. */
export function restartSlowdown({ without, during }: RestartsAtLoad): number {
  return medianBy(during, p99Of) / medianBy(without, p99Of)
}

export function percent(part: number): string {
  return `${Number((part * 100).toFixed(1))} %`
}

export function saturated({ measured }: Row): number {
  return medianBy(measured.saturated, throughput)
}

export function openP99({ measured }: Row): number {
  return medianBy(measured.open, p99Of)
}

export function p99Of({ latency }: Result): number {
  return latency.p99
}

/** Whether something is at least, or at most, what is wanted. */
export function bar(claim: string, measured: number, wanted: number, side: 'least' | 'most'): Bar {
  const isMet = side === 'least' ? measured >= wanted : measured <= wanted
  return { claim: `${claim}: at ${side} ${wanted}`, measured, wanted, isMet }
}

function best(rows: readonly Row[], merit: (row: Row) => number): Row {
  return rows.reduce((a, b) => (merit(b) > merit(a) ? b : a))
}
