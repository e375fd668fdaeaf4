/** The figures of what was measured with model engines. */
import { median, quantile } from '../../statistics.ts'
import type { Contestant } from '../contestants/contestant.ts'
import { type Bar, bar, type Machine } from '../outcome.ts'
import type { ModelResult, ModelSample } from './job.ts'
import type { ModelWorkload } from './workload.ts'

export const modelPhases = ['one balancer', 'restart', 'four balancers'] as const
export type ModelPhase = (typeof modelPhases)[number]

/** Of the questions of one phase and seed. Times are in milliseconds. */
export interface ModelFigures {
  readonly requests: number
  /** Attempts that got no whole answer. */
  readonly failed: number
  /** To the first token. */
  readonly mean: number
  readonly p50: number
  readonly p99: number
  /** The part of the tokens of prompts that was in the cache. */
  readonly cached: number
  /** To the end of the answer, on average. */
  readonly end: number
}

export interface ModelRow extends Pick<Contestant, 'name' | 'product' | 'note'> {
  /** The figures of each seed. */
  readonly measured: Readonly<Record<ModelPhase, readonly ModelFigures[]>>
  /** The busiest that the users' process, and the processors, were in a measurement. */
  readonly generatorBusy: number
  readonly processorBusy: number
}

export interface ModelOutcome {
  readonly workload: ModelWorkload
  readonly seconds: number
  readonly restartSeconds: number
  readonly seeds: readonly number[]
  readonly rows: readonly ModelRow[]
  readonly machine: Machine
}

/** Of the questions that were due from one second to another. */
export function figuresOf(
  { samples }: Pick<ModelResult, 'samples'>,
  from: number,
  to: number,
): ModelFigures {
  const due = samples.filter(({ at }) => at >= from && at < to)
  const firsts = due.map(({ first }) => first)
  const total = (of: (sample: ModelSample) => number) =>
    due.reduce((sum, sample) => sum + of(sample), 0)
  return {
    requests: due.length,
    failed: total(({ failed }) => failed),
    mean: total(({ first }) => first) / due.length,
    p50: quantile(firsts, 0.5),
    p99: quantile(firsts, 0.99),
    cached: total(({ cached }) => cached) / total(({ prompt }) => prompt),
    end: total(({ end }) => end) / due.length,
  }
}

/** The median over the seeds of one figure. */
export function medianOf(
  { measured }: Pick<ModelRow, 'measured'>,
  phase: ModelPhase,
  figure: keyof ModelFigures,
): number {
  return median(measured[phase].map((figures) => figures[figure]))
}

/** Of the mean time to the first token with the best of the others. */
const wantedOfBest = 0.8

/** How resumelb did; empty if it or all others were left out. */
export function modelBars({ rows }: Pick<ModelOutcome, 'rows'>): Bar[] {
  const ours = rows.find(({ product }) => product === 'resumelb')
  const others = rows.filter(({ product }) => product !== 'resumelb')
  if (ours === undefined || others.length === 0) return []
  const against = (phase: ModelPhase, figure: 'mean' | 'p99'): [string, number] => {
    const best = others.reduce((a, b) =>
      medianOf(b, phase, figure) < medianOf(a, phase, figure) ? b : a,
    )
    return [best.name, medianOf(ours, phase, figure) / medianOf(best, phase, figure)]
  }
  const beside = modelPhases.map((phase) => {
    const [name, ratio] = against(phase, 'mean')
    const claim = `${phase}: mean time to the first token, by that of the best of the others`
    return bar(`${claim} (${name})`, ratio, wantedOfBest, 'most')
  })
  const more = medianOf(ours, 'four balancers', 'mean') / medianOf(ours, 'one balancer', 'mean')
  const failed = modelPhases.reduce((sum, phase) => sum + medianOf(ours, phase, 'failed'), 0)
  return [
    ...beside,
    bar('mean time to the first token with four balancers, by that with one', more, 1.1, 'most'),
    bar('requests that failed', failed, 0, 'most'),
  ]
}
