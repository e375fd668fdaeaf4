/** The report for people: Markdown that reads well on a terminal too. */
import { table } from '../table.ts'
import type { Result } from './load/job.ts'
import {
  bars,
  hitRate,
  imbalance,
  type Outcome,
  type Row,
  shedRate,
  tenantsPerWorker,
  throughput,
} from './outcome.ts'
import type { Phase } from './trial.ts'

export function report(outcome: Outcome): string {
  return [
    setting(outcome),
    section(`Saturated: ${outcome.workload.users} users without a pause`, outcome, 'saturated'),
    section(`Open loop: ${outcome.openRate.toFixed(0)} requests a second`, outcome, 'open'),
    section(
      `Open loop while every worker in turn is restarted: ${outcome.restartRate.toFixed(0)} requests a second`,
      outcome,
      'restarts',
    ),
    section('Saturated, users spread over two balancers', outcome, 'two balancers'),
    verdict(outcome),
    notes(outcome),
    warnings(outcome),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function setting({ workload, seconds, allHits, machine }: Outcome): string {
  const { workers, concurrency, tenants, zipf, cached, warmMs, loadMs } = workload
  return [
    `${workers} worker processes, ${concurrency} requests at once each; ${tenants} tenants, Zipf ${zipf};`,
    `a worker keeps ${cached} tenants; a page takes ${warmMs} ms, reading a tenant ${loadMs} ms more.`,
    `If every request hits, the application serves ${throughput(allHits).toFixed(0)} requests a second.`,
    `${seconds} s a measurement; ${machine.cores} × ${machine.model}, Node.js ${machine.node},`,
    `load average before ${machine.loadBefore.toFixed(1)}.`,
  ].join('\n')
}

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
    const result = measured[phase]
    return result === undefined ? [] : [[name, ...figures(result, outcome)]]
  })
  return body.length === 0 ? '' : `### ${title}\n\n${table(head, body)}`
}

function figures(result: Result, { workload, allHits }: Outcome): string[] {
  const rate = throughput(result)
  return [
    rate.toFixed(0),
    ((rate / throughput(allHits)) * 100).toFixed(0),
    (hitRate(result) * 100).toFixed(1),
    result.latency.p50.toFixed(1),
    result.latency.p99.toFixed(1),
    (shedRate(result) * 100).toFixed(shedRate(result) > 0 ? 2 : 0),
    imbalance(result, workload.workers).toFixed(2),
    tenantsPerWorker(result, workload.workers).toFixed(1),
  ]
}

function verdict(outcome: Outcome): string {
  const lines = bars(outcome).map(
    ({ claim, measured, isMet }) =>
      `- ${isMet ? 'met' : 'NOT met'}: ${claim}; it is ${measured.toFixed(2)}`,
  )
  return lines.length === 0
    ? ''
    : `### The bars, for resumelb with its default pool\n\n${lines.join('\n')}`
}

function notes({ rows }: Outcome): string {
  return `### How each was set up\n\n${rows.map(({ name, note }) => `- ${name}: ${note}`).join('\n')}`
}

/** The share of a generator's time from which on it may be what is measured. */
const busyGenerator = 0.7

function warnings({ rows }: Outcome): string {
  const busy = rows.filter(isGeneratorBusy).map(({ name }) => name)
  return busy.length === 0
    ? ''
    : `The load generator was busy for more than ${busyGenerator * 100} % of the time with: ${busy.join(', ')}.`
}

function isGeneratorBusy({ measured }: Row): boolean {
  return Object.values(measured).some((result) => result.generatorBusy > busyGenerator)
}
