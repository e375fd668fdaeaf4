/** What the documentation quotes of the results: reports, rows of tables and charts. */
import { UsageError } from '@resumelb/common/cli'
import type { Product } from '../affinity/contestants/contestant.ts'
import { figuresOf, type IsolationOutcome } from '../affinity/isolation/run.ts'
import { modelReport } from '../affinity/models/report.ts'
import {
  type ModelOutcome,
  type ModelPhase,
  medianOf,
  modelPhases,
} from '../affinity/models/summary.ts'
import {
  hitRate,
  medianBy,
  type Outcome,
  p99Of,
  type Row,
  saturated,
  throughput,
} from '../affinity/outcome.ts'
import { report } from '../affinity/report.ts'
import { bars, overview } from '../simulate/report.ts'
import type { Row as SimulatedRow } from '../simulate/summary.ts'

/** A row of a table: the first cell says which. */
type QuotedRow = readonly [file: string, ...cells: readonly string[]]

export interface Quotes {
  /** For the section of bench/README.md with the name of the results. */
  readonly report?: string
  readonly rows: readonly QuotedRow[]
  /** Names of files in docs/images. */
  readonly charts: readonly string[]
  /** Where sentences are about these figures, which must be read anew. */
  readonly sentences: readonly string[]
}

/** Those of a file with results, by its name. */
export function quotesOf(name: string, results: unknown): Quotes {
  switch (name) {
    case 'affinity':
      return ofAffinity(results as Outcome)
    case 'isolation':
      return ofIsolation(results as IsolationOutcome)
    case 'models':
      return ofModels(results as ModelOutcome)
    default:
      return ofSimulation(results as { seeds: number; rows: readonly SimulatedRow[] })
  }
}

function ofAffinity(outcome: Outcome): Quotes {
  const row = named(outcome.rows)
  const bounded = [125, 150, 200].map((factor) => row(`haproxy hash ${factor}`))
  const best = bounded.reduce((a, b) => (saturated(b) > saturated(a) ? b : a))
  const [cost, warm, calm] = [row('resumelb cost'), row('resumelb warm'), row('haproxy hash 200')]
  const bound = medianBy(outcome.allHits, throughput).toFixed(0)
  const restarts = (name: string, of: Row): QuotedRow => {
    return ['docs/warm-restarts.md', name, restartHits(of), restartP99(of)]
  }
  return {
    report: report(outcome),
    rows: [
      ['README.md', 'resumelb', ...saturatedCells(cost)],
      ['README.md', 'HAProxy, consistent hash, bounded load', ...saturatedCells(best)],
      ['README.md', 'HAProxy, consistent hash', ...saturatedCells(row('haproxy hash'))],
      ['README.md', 'nginx, consistent hash', ...saturatedCells(row('nginx hash'))],
      ['README.md', 'HAProxy, least connections', ...saturatedCells(row('haproxy leastconn'))],
      ['README.md', 'upper bound: every request is a hit', bound, '100 %', ''],
      ['README.md', hitsRow, ...[warm, calm, row('nginx hash')].map(restartHits)],
      restarts('resumelb, workers with `--warm-up replay` (*resumelb warm*)', warm),
      restarts('resumelb (*resumelb cost*)', cost),
      restarts('HAProxy, consistent hash, bounded load (*haproxy hash 200*)', calm),
    ],
    charts: ['affinity', 'restarts'],
    sentences: [
      'bench/README.md, below the chart of Affinity',
      'docs/warm-restarts.md, What it gains',
    ],
  }
}

const hitsRow =
  'cache hits while all eight workers are restarted, one after the other (HAProxy: bounded load)'

function saturatedCells({ measured: { saturated: results } }: Row): string[] {
  const hits = `${(medianBy(results, hitRate) * 100).toFixed(1)} %`
  return [
    medianBy(results, throughput).toFixed(0),
    hits,
    `${medianBy(results, p99Of).toFixed(0)} ms`,
  ]
}

/** At the first load; empty if it cannot carry that. */
function restartHits({ restarts: [at] }: Row): string {
  return at === undefined ? '' : `${(medianBy(at.during, hitRate) * 100).toFixed(1)} %`
}

function restartP99({ restarts: [at] }: Row): string {
  return at === undefined ? '' : `${medianBy(at.during, p99Of).toFixed(0)} ms`
}

function ofIsolation({ rows }: IsolationOutcome): Quotes {
  const [first, second] = [...new Set(rows.map(({ neighbour }) => neighbour))]
  const figures = (name: string, neighbour: string | undefined) =>
    figuresOf(named(rows.filter((each) => each.neighbour === neighbour))(name))
  const row = (cell: string, name: string): QuotedRow => {
    const [one, other] = [first, second].map((neighbour) =>
      isolationCells(figures(name, neighbour)),
    )
    return ['docs/isolation.md', cell, ...one!, ...other!]
  }
  const ratios = ['resumelb cost', 'haproxy leastconn', 'nginx least_conn'].map((name) =>
    times(figures(name, second).ratio),
  )
  return {
    rows: [
      row('resumelb', 'resumelb cost'),
      row('HAProxy, `leastconn`, priority by hand', 'haproxy leastconn priority'),
      row('HAProxy, `leastconn`', 'haproxy leastconn'),
      row('nginx, `least_conn`', 'nginx least_conn'),
      [
        'README.md',
        '99th percentile of a tenant beside another whose 200 requests hang for 60 s, against alone',
        ...ratios,
      ],
    ],
    charts: ['isolation'],
    sentences: ['docs/isolation.md, before and below its first table (the number of rounds)'],
  }
}

function isolationCells({ alone, beside, ratio }: ReturnType<typeof figuresOf>): string[] {
  const whole = (value: number): string => Math.round(value).toLocaleString('en')
  return [whole(alone), whole(beside), times(ratio)]
}

function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} ×`
}

function ofModels(outcome: ModelOutcome): Quotes {
  const row = named(outcome.rows)
  const mean = (name: string, phase: ModelPhase): string =>
    `${medianOf(row(name), phase, 'mean').toFixed(0)} ms`
  const quoted = (cell: string, name: string): QuotedRow => {
    const cells = modelPhases.map((phase) => {
      return `${mean(name, phase)}, ${(medianOf(row(name), phase, 'cached') * 100).toFixed(0)} %`
    })
    return ['docs/model-servers.md', cell, ...cells]
  }
  const best = (product: Product): string => {
    const all = outcome.rows.filter((each) => each.product === product)
    const least = all.reduce((a, b) =>
      medianOf(b, 'restart', 'mean') < medianOf(a, 'restart', 'mean') ? b : a,
    )
    return mean(least.name, 'restart')
  }
  return {
    report: modelReport(outcome),
    rows: [
      quoted('resumelb, the two commands above', 'resumelb'),
      quoted('HAProxy, hash of a header that names the conversation', 'haproxy hash'),
      quoted('the same with bounded load (150)', 'haproxy hash 150'),
      quoted('HAProxy, `leastconn`', 'haproxy leastconn'),
      quoted('nginx, `least_conn`', 'nginx least_conn'),
      quoted('a random choice', 'haproxy random'),
      [
        'README.md',
        'mean time to the first token of four model servers, while one of them is restarted',
        ...(['resumelb', 'haproxy', 'nginx'] as const).map(best),
      ],
    ],
    charts: ['models'],
    sentences: [
      'bench/README.md, around the chart of Model servers',
      'docs/model-servers.md, before and below the table of Beside HAProxy and nginx',
    ],
  }
}

function ofSimulation({ seeds, rows }: { seeds: number; rows: readonly SimulatedRow[] }): Quotes {
  const count = new Set(rows.map(({ scenario }) => scenario)).size
  const of = `${count} scenarios, ${seeds === 1 ? 'one seed' : `medians of ${seeds} seeds`}:`
  return {
    report: `${of}\n\n${overview(rows)}\n\n### The bars\n\n${bars(rows)}`,
    rows: [],
    charts: [],
    sentences: ['bench/README.md, Where it falls short, and why'],
  }
}

/** Finds by name what the documentation needs. */
function named<Named extends { readonly name: string }>(all: readonly Named[]) {
  return (name: string): Named => {
    const found = all.find((each) => each.name === name)
    if (found === undefined)
      throw new UsageError(`The documentation quotes ${name}, which was left out of the comparison`)
    return found
  }
}
