/** The settings of workers that are plain HTTP servers. */
import {
  type ColdLoadLimits,
  type GivenOptions,
  OptionError,
  type OptionValues,
  resolveOptions,
  slotsForColdLoads,
} from '@resumelb/common'

const healthForm = 'a path such as /health'

/** What HTTP/1.1 can carry as a path and a query. */
const target = /^\/[\x21-\x7e]*$/

export const upstreamTable = {
  upstreamConcurrency: {
    min: 1,
    max: 1_000_000,
    whole: true,
    otherwise: 'no limit',
    help: 'Maximum number of requests that an http:// worker handles at once; others wait in the load balancer',
  },
  upstreamBalancers: {
    default: 1,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Number of load balancers, this one included, that send requests to the same http:// workers',
  },
  upstreamColdLoadTimeout: {
    default: 5_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time that requests of a class wait for its first request at an http:// worker, which fills the caches for them; 0 disables waiting, as do several --upstream-balancers',
  },
  healthUrl: {
    type: 'text',
    form: healthForm as string,
    check: checkHealthUrl as (path: string, option: string) => void,
    otherwise: 'a server is healthy if it accepts connections',
    help: 'Path of the health checks of http:// workers; a status of 200 to 399 means healthy',
  },
  healthInterval: {
    default: 2_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'Time between two health checks of an http:// worker, and the timeout of one',
  },
  healthRise: {
    default: 2,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Consecutive successful health checks after which an unhealthy http:// worker is healthy',
  },
  healthFall: {
    default: 3,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Consecutive failed health checks after which a healthy http:// worker is unhealthy',
  },
  resumeDir: {
    type: 'text',
    form: 'the path of a folder',
    help: 'Folder in which the résumés of http:// workers are kept over restarts',
  },
} as const

/** How http:// workers are used: see {@link upstreamTable}. Times in milliseconds. */
export type UpstreamOptions = GivenOptions<typeof upstreamTable>

export type ResolvedUpstreamOptions = OptionValues<typeof upstreamTable>

/** Fills in the defaults. Throws an `OptionError` that names the first bad option. */
export function resolveUpstreamOptions(options: UpstreamOptions): ResolvedUpstreamOptions {
  return resolveOptions(upstreamTable, options)
}

/**
 * How requests wait for one that fills the caches, with so many slots. They do not where others may
 * have filled them: only one load balancer knows what it has loaded there.
 */
export function coldLoadsOf(
  { upstreamColdLoadTimeout, upstreamBalancers }: ResolvedUpstreamOptions,
  limit: number,
): ColdLoadLimits {
  const patience = upstreamBalancers > 1 ? 0 : upstreamColdLoadTimeout
  return { most: slotsForColdLoads(limit), patience }
}

function checkHealthUrl(path: string, option: string): void {
  if (!target.test(path)) throw new OptionError(option, healthForm, path)
}
