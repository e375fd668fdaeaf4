/** `npm run compare -- --models`: load balancers before servers of language models. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Contestant } from '../contestants/contestant.ts'
import type { LoadGenerator } from '../load/load-generator.ts'
import type { ModelJob, ModelResult } from './job.ts'
import { downSeconds, ModelSite } from './site.ts'
import {
  figuresOf,
  type ModelFigures,
  type ModelOutcome,
  type ModelPhase,
  type ModelRow,
} from './summary.ts'
import type { ModelWorkload } from './workload.ts'

export interface ModelPlan {
  /** The workload's own seed is not used. */
  readonly workload: ModelWorkload
  readonly seeds: readonly number[]
  /** Seconds of each measurement, and before the first of new processes. */
  readonly seconds: number
  readonly warmUpSeconds: number
  /** For the balancers' files. */
  readonly folder: string
  readonly users: LoadGenerator<ModelJob, ModelResult>
  /** Told what is being done, and how far the whole is, from 0 to 1. */
  readonly progress: (what: string, done: number) => void
}

/** The users' process, for {@link ModelPlan}. */
export const usersFile = new URL('./users.ts', import.meta.url)

const manyBalancers = 4

/** From the start of the measurement of a restart to the restart, and after the engine is back. */
const beforeRestartSeconds = 1
const afterRestartSeconds = 5
const restartSeconds = beforeRestartSeconds + downSeconds + afterRestartSeconds

/** What processes take to start and to end, and the last answers to come, about. */
const startSeconds = 3

/** About how many seconds it all takes. */
export function durationOf(
  contestants: number,
  { seeds, seconds, warmUpSeconds }: Pick<ModelPlan, 'seeds' | 'seconds' | 'warmUpSeconds'>,
): number {
  const each = 2 * (startSeconds + warmUpSeconds + seconds) + restartSeconds
  return contestants * seeds.length * each
}

/** What one contestant has come to with one seed. */
interface Measured {
  readonly figures: Readonly<Record<ModelPhase, ModelFigures>>
  readonly results: readonly ModelResult[]
}

/** All contestants with each seed, so that what else the machine does affects them equally. */
export async function runModels(
  contestants: readonly Contestant[],
  plan: ModelPlan,
): Promise<Omit<ModelOutcome, 'machine'>> {
  const measured = new Map<Contestant, Measured[]>(contestants.map((each) => [each, []]))
  const steps = 2 * contestants.length * plan.seeds.length
  let step = 0
  for (const seed of plan.seeds) {
    for (const contestant of contestants) {
      const report = (what: string): void =>
        plan.progress(`${contestant.name}: ${what}`, step++ / steps)
      const workload = { ...plan.workload, seed }
      measured.get(contestant)?.push(await measure(contestant, { ...plan, workload }, report))
    }
  }
  const { workload, seconds, seeds } = plan
  const rows = [...measured].map(([contestant, all]) => rowOf(contestant, all))
  return { workload, seconds, restartSeconds, seeds, rows }
}

async function measure(
  contestant: Contestant,
  plan: ModelPlan,
  report: (what: string) => void,
): Promise<Measured> {
  const { seconds, warmUpSeconds } = plan
  report('one balancer, and a restart')
  const one = await during(contestant, plan, 1, async (site) => {
    const measuring = plan.users.run(jobFor(plan, site, seconds + restartSeconds))
    measuring.catch(() => {})
    await wait((warmUpSeconds + seconds + beforeRestartSeconds) * 1000)
    await site.restartEngine(0)
    return await measuring
  })
  report(`${manyBalancers} balancers`)
  const four = await during(contestant, plan, manyBalancers, (site) =>
    plan.users.run(jobFor(plan, site, seconds)),
  )
  return {
    figures: {
      'one balancer': figuresOf(one, 0, seconds),
      restart: figuresOf(one, seconds, seconds + restartSeconds),
      'four balancers': figuresOf(four, 0, seconds),
    },
    results: [one, four],
  }
}

async function during<T>(
  contestant: Contestant,
  { workload, folder }: ModelPlan,
  balancers: number,
  use: (site: ModelSite) => Promise<T>,
): Promise<T> {
  const site = await ModelSite.start(contestant, workload, balancers, folder)
  try {
    return await Promise.race([use(site), site.failed])
  } finally {
    await site.end()
  }
}

function jobFor(
  { workload, warmUpSeconds }: ModelPlan,
  site: ModelSite,
  seconds: number,
): ModelJob {
  return { ports: site.balancerPorts, workload, warmUpSeconds, seconds }
}

function rowOf({ name, product, note }: Contestant, all: readonly Measured[]): ModelRow {
  const of = (phase: ModelPhase): ModelFigures[] => all.map(({ figures }) => figures[phase])
  const results = all.flatMap((each) => each.results)
  return {
    name,
    product,
    note,
    measured: {
      'one balancer': of('one balancer'),
      restart: of('restart'),
      'four balancers': of('four balancers'),
    },
    generatorBusy: Math.max(...results.map(({ generatorBusy }) => generatorBusy)),
    processorBusy: Math.max(...results.map(({ processorBusy }) => processorBusy)),
  }
}
