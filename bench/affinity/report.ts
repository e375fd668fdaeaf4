/** The report for people: Markdown that reads well on a terminal too. */
import { median } from '../statistics.ts'
import { table } from '../table.ts'
import type { Result } from './load/job.ts'
import {
  type Bar,
  bars,
  hitRate,
  imbalance,
  medianBy,
  type Outcome,
  p99Of,
  percent,
  type RestartsAtLoad,
  type Row,
  restartBars,
  restartSlowdown,
  saturated,
  shedRate,
  tenantsPerWorker,
  throughput,
} from './outcome.ts'
import type { Phase } from './trial.ts'

export function report(outcome: Outcome): string {
  return [
    setting(outcome),
    section(`Saturated: ${outcome.workload.users} users without a pause`, outcome, 'saturated'),
    section(`Open loop: ${perSecond(outcome.openRates)}`, outcome, 'open'),
    section('Saturated, users spread over two balancers', outcome, 'two balancers'),
    ...outcome.restartRates.map(({ load, rates }) => restartSection(load, rates, outcome)),
    meanings,
    verdict('The bars, for resumelb with its default pool', bars(outcome)),
    verdict('The bars of restarts, for workers that warm up', restartBars(outcome)),
    notes(outcome.rows),
    warnings(outcome),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function perSecond(rates: readonly number[]): string {
  return `${median(rates).toFixed(0)} requests a second`
}

function setting({ workload, seconds, seeds, allHits, machine }: Outcome): string {
  const { workers, concurrency, tenants, zipf, cached, warmMs, loadMs } = workload
  return [
    `${workers} worker processes, ${concurrency} requests at once each; ${tenants} tenants, Zipf ${zipf};`,
    `a worker keeps ${cached} tenants; a page takes ${warmMs} ms, reading a tenant ${loadMs} ms more.`,
    `If every request hits, the application serves ${medianBy(allHits, throughput).toFixed(0)} requests a second.`,
    seeds.length > 1 ? `Medians of ${seeds.length} seeds, which name the tenants differently.` : '',
    `${seconds} s a measurement; ${machine.cores} × ${machine.model}, Node.js ${machine.node},`,
    `load average before ${machine.loadBefore.toFixed(1)}.`,
  ]
    .filter((line) => line !== '')
    .join('\n')
}

const meanings = `hits: requests that found their tenant in the worker's cache. shed: requests that were refused, or
without an answer a second after the measurement; these count in p50 and p99 with what they had
waited. imbalance: the busiest worker's time of service by the mean of all workers'.`

const head = [
  'balancer',
  'req/s',
  'of all hits %',
  'hits %',
  'p50 ms',
  'p99 ms',
  'shed %',
  'imbalance',
  'tenants/worker',
]

function section(title: string, outcome: Outcome, phase: Phase): string {
  const body = outcome.rows.flatMap(({ name, measured }) => {
    const results = measured[phase]
    return results === undefined ? [] : [[name, ...figures(results, outcome)]]
  })
  return body.length === 0 ? '' : `### ${title}\n\n${table(head, body)}`
}

function figures(results: readonly Result[], { workload, allHits }: Outcome): string[] {
  const rate = medianBy(results, throughput)
  const shed = medianBy(results, shedRate)
  return [
    rate.toFixed(0),
    ((rate / medianBy(allHits, throughput)) * 100).toFixed(0),
    (medianBy(results, hitRate) * 100).toFixed(1),
    medianBy(results, ({ latency }) => latency.p50).toFixed(1),
    medianBy(results, ({ latency }) => latency.p99).toFixed(1),
    (shed * 100).toFixed(shed > 0 ? 2 : 0),
    medianBy(results, (result) => imbalance(result, workload.workers)).toFixed(2),
    medianBy(results, (result) => tenantsPerWorker(result, workload.workers)).toFixed(1),
  ]
}

const restartHead = [
  'balancer',
  'req/s',
  'hits %',
  'hits % without',
  'p50 ms',
  'p99 ms',
  'p99 ms without',
  'p99 by that without',
  'shed %',
  'took s',
]

function restartSection(load: number, rates: readonly number[], { rows }: Outcome): string {
  const body = rows.flatMap(({ name, restarts }) => {
    const at = restarts.find((each) => each.load === load)
    return at === undefined ? [] : [[name, ...restartFigures(at)]]
  })
  const title =
    'Open loop while every worker in turn is restarted, and without restarts: ' +
    `${perSecond(rates)} (${percent(load)})`
  const weak = rows.filter((row) => saturated(row) <= median(rates)).map(({ name }) => name)
  const left = `\n\nNot measured, because it cannot carry this load without restarts: ${weak.join(', ')}.`
  const note = weak.length === 0 ? '' : left
  return body.length === 0 ? '' : `### ${title}\n\n${table(restartHead, body)}${note}`
}

function restartFigures(at: RestartsAtLoad): string[] {
  const { without, during } = at
  const shed = medianBy(during, shedRate)
  return [
    medianBy(during, throughput).toFixed(0),
    (medianBy(during, hitRate) * 100).toFixed(1),
    (medianBy(without, hitRate) * 100).toFixed(1),
    medianBy(during, ({ latency }) => latency.p50).toFixed(1),
    medianBy(during, p99Of).toFixed(1),
    medianBy(without, p99Of).toFixed(1),
    restartSlowdown(at).toFixed(2),
    (shed * 100).toFixed(shed > 0 ? 2 : 0),
    medianBy(during, ({ seconds }) => seconds).toFixed(0),
  ]
}

/** What has become of each bar; empty if there is none. */
export function verdict(title: string, all: readonly Bar[]): string {
  const lines = all.map(
    ({ claim, measured, isMet }) =>
      `- ${isMet ? 'met' : 'NOT met'}: ${claim}; it is ${measured.toFixed(2)}`,
  )
  return lines.length === 0 ? '' : `### ${title}\n\n${lines.join('\n')}`
}

/** What each contestant's note says. */
export function notes(contestants: readonly Pick<Row, 'name' | 'note'>[]): string {
  const lines = contestants.map(({ name, note }) => `- ${name}: ${note}`)
  return `### How each was set up\n\n${lines.join('\n')}`
}

/** The part of the time from which on it may be the generator, or the machine, that is measured. */
const tooBusy = { generatorBusy: 0.8, processorBusy: 0.9 } as const

type Busy = keyof typeof tooBusy

function warnings({ rows }: Outcome): string {
  return busyNotes((figure, limit) =>
    rows.filter((row) => isAbove(row, figure, limit)).map(({ name }) => name),
  )
}

/** Says whose figures are doubtful; `above` names those that were busier than a limit. */
export function busyNotes(above: (figure: Busy, limit: number) => readonly string[]): string {
  const [generator, processor] = (['generatorBusy', 'processorBusy'] as const).map((figure) =>
    above(figure, tooBusy[figure]).join(', '),
  )
  return [
    generator && `Doubtful, because the load generator was busy nearly all the time: ${generator}.`,
    processor &&
      `Doubtful, because all processor cores were busy nearly all the time: ${processor}.`,
  ]
    .filter((line) => line !== '')
    .join('\n')
}

function isAbove({ measured, restarts }: Row, figure: Busy, limit: number): boolean {
  const ofRestarts = restarts.flatMap(({ without, during }) => [without, during])
  return [...Object.values(measured), ...ofRestarts].some(
    (results) => medianBy(results, (result) => result[figure]) > limit,
  )
}
