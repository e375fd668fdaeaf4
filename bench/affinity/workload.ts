/** What all contestants are asked to do. */

export interface Workload {
  /** Worker processes. */
  readonly workers: number
  /** Requests that one of them serves at once. */
  readonly concurrency: number
  /** Tenants, and how uneven their popularity is: the k-th gets requests as 1 / k ** zipf. */
  readonly tenants: number
  readonly zipf: number
  /** Tenants whose state one worker keeps. */
  readonly cached: number
  /** Mean milliseconds of a page when the state is there, and of reading the state. */
  readonly warmMs: number
  readonly loadMs: number
  /** Users of the closed loop: each asks again as soon as it has its answer. */
  readonly users: number
  /** Names the tenants and draws the requests. */
  readonly seed: number
}

export const defaultWorkload: Workload = {
  workers: 8,
  concurrency: 4,
  tenants: 48,
  zipf: 1,
  cached: 8,
  warmMs: 10,
  loadMs: 190,
  users: 64,
  seed: 1,
}

/** The tenants' hosts, the most popular first; a seed of its own for the luck of a hash. */
export function tenantNames({ tenants, seed }: Workload): string[] {
  return Array.from({ length: tenants }, (_, place) => `tenant-${place}.site-${seed}.test`)
}

/** Requests per second that the workers' slots can serve if every request hits. */
export function idealRate({ workers, concurrency, warmMs }: Workload): number {
  return (workers * concurrency * 1000) / warmMs
}
