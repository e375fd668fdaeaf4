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

/** Seconds before measuring when only the load has changed. */
const settleSeconds = 0.5
/** Seconds that the restarts may take at most. */
const restartLimitSeconds = 120

/** Both loads on one balancer. `openRate` is told what the first has come to. */
export async function measureLoads(
  contestant: Contestant,
  plan: Plan,
  openRate: (saturated: Result) => number,
): Promise<Measured> {
  return await during(contestant, plan, [], async (site) => {
    plan.progress('saturated')
    const users: Load = { kind: 'closed', users: plan.workload.users }
    const warmUpSeconds = plan.warmUpSeconds
    const saturated = await plan.generator.run(toJob(plan, site, { load: users, warmUpSeconds }))
    plan.progress('open loop')
    const arrivals: Load = { kind: 'open', rate: openRate(saturated) }
    return { saturated, open: await plan.generator.run(toJob(plan, site, { load: arrivals })) }
  })
}

/**
 * Two balancers; then the restarts behind one of them, if there is a rate for them. All processes
 * are new: whoever could not carry the open loop would still have its queue.
 */
export async function measureEvents(
  contestant: Contestant,
  plan: Plan,
  restartRate: number | undefined,
): Promise<Measured> {
  return await during(contestant, plan, [], async (site) => {
    plan.progress('two balancers')
    const ports = site.balancerPorts
    await site.addBalancer()
    const users: Load = { kind: 'closed', users: plan.workload.users }
    const warmUpSeconds = plan.warmUpSeconds
    const together = await plan.generator.run(toJob(plan, site, { load: users, warmUpSeconds }))
    if (restartRate === undefined) return { 'two balancers': together }
    plan.progress('restarts')
    const load: Load = { kind: 'open', rate: restartRate }
    const job = toJob(plan, site, { load, ports, seconds: restartLimitSeconds, isSampled: true })
    const restarting = site.fleet.restartEach().finally(() => plan.generator.finish())
    const [restarts] = await Promise.all([plan.generator.run(job), restarting])
    return { 'two balancers': together, restarts }
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
