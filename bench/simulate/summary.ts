/** Many runs in few numbers: medians over seeds, and how the bars are met. */
import { median } from '../statistics.ts'
import type { Done } from './job.ts'
import type { Result } from './metrics.ts'
import { policyNamed } from './policies.ts'
import type { Scenario } from './scenario.ts'
import { balancerPairs, scenarioNamed } from './scenarios.ts'

export type Figures = Omit<Result, 'timeline'>

/** What one policy reached in one scenario: the median of each figure over the seeds. */
export interface Row {
  readonly scenario: string
  readonly policy: string
  readonly isReference: boolean
  readonly figures: Figures
}

export function summarize(runs: readonly Done[]): Row[] {
  const groups = new Map<string, Done[]>()
  for (const run of runs) {
    const key = JSON.stringify([run.job.scenario, run.job.policy])
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  return [...groups.values()].map((group) => {
    const { scenario, policy } = group[0]!.job
    const results = group.map(({ result }) => result)
    return {
      scenario,
      policy,
      isReference: policyNamed(policy).isReference,
      figures: medians(results),
    }
  })
}

function medians(results: readonly Result[]): Figures {
  const of = (figure: Exclude<keyof Figures, 'recovery'>): number =>
    median(results.map((result) => result[figure]))
  const recovery = median(results.map((result) => result.recovery ?? Number.POSITIVE_INFINITY))
  return {
    goodput: of('goodput'),
    hitRate: of('hitRate'),
    mean: of('mean'),
    p50: of('p50'),
    p99: of('p99'),
    imbalance: of('imbalance'),
    homes: of('homes'),
    recovery: Number.isFinite(recovery) ? recovery : undefined,
  }
}

/** How a row did by what its scenario is judged by; less is better: seconds, or 1 ÷ goodput. */
export function costOf(row: Row): number {
  const { load } = scenarioNamed(row.scenario)
  return load.kind === 'closed' ? 1 / row.figures.goodput : row.figures.mean
}

/** How one policy stands against the best of all others that can be built. */
export interface Standing {
  readonly scenario: Scenario
  readonly rival: Row
  /** 1.05: five per cent worse than the best other policy; below 1: better. */
  readonly ratio: number
}

export function standings(rows: readonly Row[], policy: string): Standing[] {
  return rows
    .filter((row) => row.policy === policy)
    .flatMap((own) => {
      const rivals = rows.filter(
        (row) => row.scenario === own.scenario && row.policy !== policy && !row.isReference,
      )
      if (rivals.length === 0) return []
      const rival = rivals.reduce((best, row) => (costOf(row) < costOf(best) ? row : best))
      const scenario = scenarioNamed(own.scenario)
      return [{ scenario, rival, ratio: costOf(own) / costOf(rival) }]
    })
}

/** With several balancers against one: 1.1 is ten per cent worse. */
export function balancerRatios(rows: readonly Row[], policy: string) {
  const own = (scenario: string): Row | undefined =>
    rows.find((row) => row.scenario === scenario && row.policy === policy)
  return balancerPairs.flatMap(([several, one]) => {
    const rowOfSeveral = own(several)
    const rowOfOne = own(one)
    if (!rowOfSeveral || !rowOfOne) return []
    return [{ several, one, ratio: costOf(rowOfSeveral) / costOf(rowOfOne) }]
  })
}
