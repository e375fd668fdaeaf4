/** The whole comparison: one contestant after another, ours first, because it sets the rates. */
import type { Contestant } from './contestants/contestant.ts'
import { resumelbContestants } from './contestants/resumelb.ts'
import type { Result } from './load/job.ts'
import {
  champion,
  type Outcome,
  openPart,
  type RestartsAtLoad,
  throughput,
  warmChampion,
} from './outcome.ts'
import {
  type Measured,
  measureAllHits,
  measureLoads,
  measureRestarts,
  measureTogether,
  type Phase,
  type Plan,
  type Restarts,
} from './trial.ts'
import type { Workload } from './workload.ts'

export interface ComparisonPlan extends Omit<Plan, 'progress'> {
  /** At least one; the workload's own is not used. */
  readonly seeds: readonly number[]
  /**
   * Puts every contestant through the restarts and behind two balancers, not only the exemplary.
   */
  readonly full: boolean
  /** The loads of the restarts, as parts of the saturated throughput of {@link referenceAmong}. */
  readonly restartLoads: readonly number[]
  /** Leaves out the open loop and the two balancers. */
  readonly restartsOnly: boolean
  /** Told what is being done, and how far the whole is, from 0 to 1. */
  readonly progress: (what: string, done: number) => void
}

/**
 * The name of the contestant whose saturated throughput all rates are parts of: the champion or, if
 * it was left out, the same pool in front of workers that warm up. If both were left out, the rates
 * are parts of what is served when every request hits.
 */
export function referenceAmong(contestants: readonly { readonly name: string }[]) {
  return [champion, warmChampion].find((name) => contestants.some((each) => each.name === name))
}

/** Where all workers are equally good, and all that counts is that none is idle. */
const whenAllHit = resumelbContestants.find(({ name }) => name === 'resumelb classless')!

export async function runComparison(
  contestants: readonly Contestant[],
  plan: ComparisonPlan,
): Promise<Omit<Outcome, 'machine'>> {
  const steps = (1 + contestants.length) * plan.seeds.length
  let step = 0
  const planFor = (name: string, workload: Workload): Plan => {
    const done = step++ / steps
    return { ...plan, workload, progress: (what) => plan.progress(`${name}: ${what}`, done) }
  }
  const allHits: Result[] = []
  const collected = contestants.map((contestant) => ({ contestant, measured: new Collected() }))
  const references: number[] = []
  const referenceName = referenceAmong(contestants)
  for (const seed of plan.seeds) {
    const workload = { ...plan.workload, seed }
    const ideal = await measureAllHits(whenAllHit, planFor('every request hits', workload))
    allHits.push(ideal)
    // Until that one has been measured, what it is hoped to reach.
    let reference = throughput(ideal)
    for (const { contestant, measured } of collected) {
      const trial = planFor(contestant.name, workload)
      const found = await measureLoads(contestant, trial, (saturated) => {
        if (contestant.name === referenceName) reference = throughput(saturated)
        return plan.restartsOnly ? undefined : reference * openPart
      })
      measured.add(found)
      if (!plan.full && !contestant.isExemplary) continue
      if (!plan.restartsOnly) measured.add(await measureTogether(contestant, trial))
      for (const load of plan.restartLoads) {
        const rate = reference * load
        // A contestant that cannot carry it with all workers would only be seen to drown.
        if (throughput(found.saturated) <= rate) continue
        measured.addRestarts(load, await measureRestarts(contestant, trial, rate))
      }
    }
    references.push(reference)
  }
  return {
    workload: plan.workload,
    seconds: plan.seconds,
    seeds: plan.seeds,
    openRates: references.map((reference) => reference * openPart),
    restartRates: plan.restartLoads.map((load) => ({
      load,
      rates: references.map((reference) => reference * load),
    })),
    allHits,
    rows: collected.map(({ contestant: { name, product, note }, measured }) => {
      return { name, product, note, measured: measured.byPhase, restarts: measured.restarts }
    }),
  }
}

/** The results of one contestant, seed after seed. */
class Collected {
  readonly byPhase: Partial<Record<Phase, Result[]>> = {}
  readonly restarts: RestartsAtLoad[] = []

  add(measured: Measured): void {
    for (const [phase, result] of Object.entries(measured) as [Phase, Result][]) {
      this.byPhase[phase] = [...(this.byPhase[phase] ?? []), result]
    }
  }

  addRestarts(load: number, { without, during }: Restarts): void {
    const known = this.restarts.find((each) => each.load === load)
    if (known === undefined) this.restarts.push({ load, without: [without], during: [during] })
    else {
      known.without.push(without)
      known.during.push(during)
    }
  }
}
