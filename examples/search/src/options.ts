/** The settings of the example, as options and as environment variables. */

export interface SearchOptions {
  /** How many tenants there are: tenant-01, tenant-02, ... From 1 to 10000. */
  readonly tenants?: number
  /** How many tenants' indexes one process keeps. From 1 to 10000. */
  readonly cached?: number
  /** How many documents each tenant has; the time to build an index grows with it. From 1 to 100000. */
  readonly documents?: number
  /** What the answers call this process. */
  readonly workerName?: string
}

export const defaultSearchOptions: Required<SearchOptions> = {
  tenants: 64,
  cached: 16,
  documents: 400,
  workerName: `pid ${process.pid}`,
}

const limits = {
  tenants: [1, 10_000],
  cached: [1, 10_000],
  documents: [1, 100_000],
} as const satisfies Partial<Record<keyof SearchOptions, readonly [least: number, most: number]>>

/** Fills in the defaults. Throws a `RangeError` that names the first bad option. */
export function resolveSearchOptions(options: SearchOptions): Required<SearchOptions> {
  const resolved = { ...defaultSearchOptions, ...options }
  for (const name of ['tenants', 'cached', 'documents'] as const) {
    const [least, most] = limits[name]
    const value = resolved[name]
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      throw new RangeError(
        `Expected ${name} to be a whole number from ${least} to ${most}, got ${value}`,
      )
    }
  }
  return resolved
}

/** TENANTS, CACHED, DOCS and WORKER_NAME. What is absent or empty stays at its default. */
export function searchOptionsFrom(environment: NodeJS.ProcessEnv): SearchOptions {
  const { TENANTS, CACHED, DOCS, WORKER_NAME } = environment
  return {
    ...(TENANTS ? { tenants: Number(TENANTS) } : {}),
    ...(CACHED ? { cached: Number(CACHED) } : {}),
    ...(DOCS ? { documents: Number(DOCS) } : {}),
    ...(WORKER_NAME ? { workerName: WORKER_NAME } : {}),
  }
}
