/** The whole comparison: one contestant after another, ours first, because it sets the rates. */
import type { Contestant } from './contestants/contestant.ts'
import { resumelbContestants } from './contestants/resumelb.ts'
import type { Result } from './load/job.ts'
import { champion, type Outcome, openPart, type Row, restartPart, throughput } from './outcome.ts'
import { measure, measureAllHits, type Plan } from './trial.ts'

export interface ComparisonPlan extends Omit<Plan, 'progress'> {
  /** Puts every contestant through the restarts and behind two balancers, not only the exemplary. */
  readonly full: boolean
  /** Told what is being done, and how far the whole is, from 0 to 1. */
  readonly progress: (what: string, done: number) => void
}

/** Where all workers are equally good, and all that counts is that none is idle. */
const whenAllHit = resumelbContestants.find(({ name }) => name === 'resumelb classless')!

export async function runComparison(
  contestants: readonly Contestant[],
  plan: ComparisonPlan,
): Promise<Omit<Outcome, 'machine'>> {
  const done = (count: number) => count / (contestants.length + 1)
  const planFor = (name: string, count: number): Plan => ({
    ...plan,
    progress: (what) => plan.progress(`${name}: ${what}`, done(count)),
  })
  const allHits = await measureAllHits(whenAllHit, planFor('every request hits', 0))
  const rows: Row[] = []
  // Until the champion has been measured, what it is hoped to reach.
  let reference = throughput(allHits)
  for (const [index, contestant] of contestants.entries()) {
    const isFirst = contestant.name === champion
    const rateAfter = (saturated: Result): number => {
      if (isFirst) reference = throughput(saturated)
      return reference
    }
    const isTested = plan.full || contestant.isExemplary
    const measured = await measure(contestant, planFor(contestant.name, index + 1), {
      openRate: (saturated) => rateAfter(saturated) * openPart,
      ...(isTested ? { restartRate: () => reference * restartPart } : {}),
      twoBalancers: isTested,
    })
    rows.push({
      name: contestant.name,
      product: contestant.product,
      note: contestant.note,
      measured,
    })
  }
  const { workload, seconds } = plan
  const rates = { openRate: reference * openPart, restartRate: reference * restartPart }
  return { workload, seconds, ...rates, allHits, rows }
}
