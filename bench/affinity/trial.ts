/** What each contestant goes through, one after another, on the same workers. */
import type { Contestant } from './contestants/contestant.ts'
import type { Job, Load, Result } from './load/job.ts'
import type { LoadGenerator } from './load/load-generator.ts'
import { Site } from './processes/site.ts'
import { tenantNames, type Workload } from './workload.ts'

export interface Plan {
  readonly workload: Workload
  /** Seconds of each measurement, and before the first of a contestant, while the caches fill. */
  readonly seconds: number
  readonly warmUpSeconds: number
  /** For the balancers' files. */
  readonly folder: string
  readonly generator: LoadGenerator
  /** Told what is being done. */
  readonly progress: (what: string) => void
}

/** What was measured in each phase. */
export type Measured = Readonly<Partial<Record<Phase, Result>>>

export type Phase =
  /** Users without a pause, more of them than slots. */
  | 'saturated'
  /** Requests at a fixed rate. */
  | 'open'
  /** The same while each worker in turn is ended and started again. */
  | 'restarts'
  /** Saturated, users spread over two balancers. */
  | 'two balancers'

/** What is asked of a contestant besides being saturated. */
export interface Wanted {
  /** Requests per second of the open loop, when it is known how many the first phase has served. */
  readonly openRate: (saturated: Result) => number
  /** Requests per second during the restarts; `undefined` if there are to be none. */
  readonly restartRate: (saturated: Result) => number | undefined
  readonly twoBalancers: boolean
}

/** Seconds before measuring when only the load has changed. */
const settleSeconds = 0.5
/** Seconds that the restarts may take at most. */
const restartLimitSeconds = 120

export async function measure(
  contestant: Contestant,
  plan: Plan,
  wanted: Wanted,
): Promise<Measured> {
  return await during(contestant, plan, [], async (site) => {
    const run = (job: Partial<Job> & { load: Load }) => plan.generator.run(toJob(plan, site, job))
    const users: Load = { kind: 'closed', users: plan.workload.users }
    plan.progress('saturated')
    const saturated = await run({ load: users, warmUpSeconds: plan.warmUpSeconds })
    plan.progress('open loop')
    const rate = wanted.openRate(saturated)
    const open = await run({ load: { kind: 'open', rate } })
    const measured: Partial<Record<Phase, Result>> = { saturated, open }
    const restartRate = wanted.restartRate(saturated)
    if (restartRate !== undefined) {
      plan.progress('restarts')
      measured.restarts = await throughRestarts(site, plan, restartRate)
    }
    if (wanted.twoBalancers) {
      plan.progress('two balancers')
      await site.addBalancer()
      measured['two balancers'] = await run({ load: users, warmUpSeconds: plan.warmUpSeconds / 2 })
    }
    return measured
  })
}

/** What the application does when every request hits: all caches are full from the start. */
export async function measureAllHits(contestant: Contestant, plan: Plan): Promise<Result> {
  const { tenants, users } = plan.workload
  const ample = { ...plan, workload: { ...plan.workload, cached: tenants } }
  return await during(contestant, ample, tenantNames(plan.workload), async (site) => {
    const load: Load = { kind: 'closed', users }
    return await plan.generator.run(toJob(ample, site, { load, warmUpSeconds: 1 }))
  })
}

async function during<T>(
  contestant: Contestant,
  plan: Plan,
  preloaded: readonly string[],
  use: (site: Site) => Promise<T>,
): Promise<T> {
  plan.progress('start')
  const site = await Site.start(contestant, plan.workload, plan.folder, preloaded)
  try {
    return await Promise.race([use(site), site.failed])
  } finally {
    await site.end()
  }
}

async function throughRestarts(site: Site, plan: Plan, rate: number): Promise<Result> {
  const load: Load = { kind: 'open', rate }
  const job = toJob(plan, site, { load, seconds: restartLimitSeconds })
  const restarting = site.fleet.restartEach().finally(() => plan.generator.finish())
  const [result] = await Promise.all([plan.generator.run(job), restarting])
  return result
}

function toJob({ workload, seconds }: Plan, site: Site, job: Partial<Job> & { load: Load }): Job {
  return {
    ports: site.balancerPorts,
    tenants: tenantNames(workload),
    zipf: workload.zipf,
    // The same requests in the same order for every contestant.
    seed: `${workload.seed} ${job.load.kind}`,
    warmUpSeconds: settleSeconds,
    seconds,
    ...job,
  }
}
