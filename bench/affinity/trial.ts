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
  /** Saturated, users spread over two balancers. */
  | 'two balancers'

/** The same load twice. */
export interface Restarts {
  readonly without: Result
  /** While each worker in turn is ended and started again. */
  readonly during: Result
}

/** Seconds before measuring when only the load has changed. */
const settleSeconds = 0.5
/** Seconds without restarts: enough requests for a 99th percentile. */
const leastSecondsWithoutRestarts = 10
/** Seconds that the restarts may take at most. */
const restartLimitSeconds = 120

/**
 * Both loads on one balancer. `openRate` gets what the first has come to, and may return `undefined`
 * to leave out the second.
 */
export async function measureLoads(
  contestant: Contestant,
  plan: Plan,
  openRate: (saturated: Result) => number | undefined,
): Promise<Measured & { readonly saturated: Result }> {
  return await during(contestant, plan, [], async (site) => {
    const saturated = await measureUsers(plan, site, 'saturated')
    const rate = openRate(saturated)
    if (rate === undefined) return { saturated }
    plan.progress('open loop')
    const arrivals: Load = { kind: 'open', rate }
    return { saturated, open: await plan.generator.run(toJob(plan, site, { load: arrivals })) }
  })
}

/** Saturated, behind two balancers. */
export async function measureTogether(contestant: Contestant, plan: Plan): Promise<Measured> {
  return await during(contestant, plan, [], async (site) => {
    await site.addBalancer()
    return { 'two balancers': await measureUsers(plan, site, 'two balancers') }
  })
}

/**
 * A load without restarts, and then while each worker in turn is ended and started again. All
 * processes are new: a contestant that could not carry another load would still have its queue.
 */
export async function measureRestarts(
  contestant: Contestant,
  plan: Plan,
  rate: number,
): Promise<Restarts> {
  return await during(contestant, plan, [], async (site) => {
    const load: Load = { kind: 'open', rate }
    plan.progress(`${rate.toFixed(0)} requests/s without restarts`)
    const { warmUpSeconds } = plan
    const seconds = Math.max(plan.seconds, leastSecondsWithoutRestarts)
    const without = await plan.generator.run(toJob(plan, site, { load, warmUpSeconds, seconds }))
    plan.progress(`${rate.toFixed(0)} requests/s, restarts`)
    const job = toJob(plan, site, { load, seconds: restartLimitSeconds, isSampled: true })
    const restarting = site.fleet.restartEach().finally(() => plan.generator.finish())
    const [during] = await Promise.all([plan.generator.run(job), restarting])
    return { without, during }
  })
}

async function measureUsers(plan: Plan, site: Site, what: string): Promise<Result> {
  plan.progress(what)
  const load: Load = { kind: 'closed', users: plan.workload.users }
  const { warmUpSeconds } = plan
  return await plan.generator.run(toJob(plan, site, { load, warmUpSeconds }))
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
