/** Measures how long one tenant waits, alone and beside another one. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Contestant } from '../contestants/contestant.ts'
import type { Job, Sample } from '../load/job.ts'
import type { LoadGenerator } from '../load/load-generator.ts'
import { Site } from '../processes/site.ts'
import type { Workload } from '../workload.ts'
import { neighbour, tenant } from './contestants.ts'

/** What the neighbour does: so many requests are open all the time, each of so many ms. */
export interface Neighbour {
  readonly what: string
  readonly open: number
  readonly milliseconds: number
}

export const neighbours: readonly Neighbour[] = [
  { what: '200 requests open, 100 ms each', open: 200, milliseconds: 100 },
  { what: '200 requests open, 60 s each', open: 200, milliseconds: 60_000 },
]

/** Requests of the tenant per second. */
export const tenantRate = 40

export interface IsolationPlan {
  readonly workload: Workload
  /** Seconds alone, and then beside the neighbour. */
  readonly aloneSeconds: number
  readonly besideSeconds: number
  readonly warmUpSeconds: number
  readonly folder: string
  /** Of the tenant, and of the neighbour. */
  readonly generators: readonly [LoadGenerator, LoadGenerator]
  readonly seed: string
}

/** The tenant's requests: when they were due, in seconds, and what they took. */
export async function measureBeside(
  contestant: Contestant,
  { open, milliseconds }: Neighbour,
  plan: IsolationPlan,
): Promise<readonly Sample[]> {
  const { workload, folder, generators, aloneSeconds, besideSeconds, warmUpSeconds, seed } = plan
  const site = await Site.start(contestant, workload, folder)
  const [ofTenant, ofNeighbour] = generators
  const common = { ports: site.balancerPorts, zipf: 1, seed }
  const job: Job = {
    ...common,
    tenants: [tenant],
    load: { kind: 'open', rate: tenantRate },
    warmUpSeconds,
    seconds: aloneSeconds + besideSeconds,
    isSampled: true,
  }
  const beside: Job = {
    ...common,
    tenants: [neighbour],
    load: { kind: 'closed', users: open },
    path: `/wait/${milliseconds}`,
    warmUpSeconds: 0,
    seconds: 600,
  }
  try {
    const measured = ofTenant.run(job)
    measured.catch(() => {})
    await Promise.race([wait((warmUpSeconds + aloneSeconds) * 1000), site.failed])
    const disturbed = ofNeighbour.run(beside)
    const { samples = [] } = await Promise.race([measured, site.failed])
    ofNeighbour.finish()
    await disturbed
    return samples
  } finally {
    await site.end()
  }
}
