/** What the application costs and keeps, as options and as environment variables. */

export interface AppOptions {
  /** What the answers call this process. */
  readonly workerName: string
  /** Tenants whose state the process keeps. At least 1. */
  readonly cached: number
  /** Milliseconds that a page takes with the tenant's state at hand, on average. */
  readonly warmMs: number
  /** Milliseconds that reading the tenant's state takes. */
  readonly loadMs: number
  /** Tenants whose state is there from the start. */
  readonly preloaded: readonly string[]
}

/** WORKER_NAME, CACHED, WARM_MS, LOAD_MS, PRELOADED (separated by commas). */
export function appOptionsFrom(environment: NodeJS.ProcessEnv): AppOptions {
  return {
    workerName: environment['WORKER_NAME'] ?? `pid ${process.pid}`,
    cached: numberOf(environment, 'CACHED', 1),
    warmMs: numberOf(environment, 'WARM_MS', 0),
    loadMs: numberOf(environment, 'LOAD_MS', 0),
    preloaded: environment['PRELOADED']?.split(',') ?? [],
  }
}

export function numberOf(environment: NodeJS.ProcessEnv, name: string, least: number): number {
  const value = Number(environment[name])
  if (!(value >= least)) {
    throw new RangeError(`Expected ${name} to be at least ${least}, got ${environment[name]}`)
  }
  return value
}
