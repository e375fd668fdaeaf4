/** Limits and times of the load balancer: their meaning, defaults and ranges. */
import { defaultsOf, type GivenOptions, type OptionValues, resolveOptions } from '@resumelb/common'

/** All times in milliseconds; on a command line in seconds. */
export const balancingTable = {
  maxWaiting: {
    default: 1_000,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Requests that may wait for a worker at once',
  },
  waitTimeout: {
    default: 10_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long a request may wait for a worker; 0: not at all',
  },
  responseTimeout: {
    default: 60_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long a worker may take to begin its response; 0: no limit',
  },
  clientTimeout: {
    default: 60_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Idle timeout for a client in the middle of a request or response; 0: no limit',
  },
  connectTimeout: {
    default: 5_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long connecting to a worker may take',
  },
  maxRetries: {
    default: 2,
    min: 0,
    max: 10,
    whole: true,
    help: 'How often one request may be given to another worker',
  },
  retryRatio: {
    default: 0.2,
    min: 0,
    max: 1,
    help: 'Maximum ratio of retries to recent requests, for requests that a worker may have begun',
  },
  minRetries: {
    default: 3,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Such retries that are allowed in ten seconds however few requests there are',
  },
  maxFailures: {
    default: 10,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Failures in a row that eject a worker; 0: never',
  },
  ejectionTime: {
    default: 5_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long the first ejection of a worker lasts; each further one is twice as long',
  },
  maxEjectionTime: {
    default: 300_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long an ejection lasts at most',
  },
} as const

/** Limits and times of a load balancer: see {@link balancingTable}. All times in milliseconds. */
export type BalancingOptions = GivenOptions<typeof balancingTable>

export const defaultBalancingOptions: OptionValues<typeof balancingTable> =
  defaultsOf(balancingTable)

/** Fills in the defaults. Throws an `OptionError` that names the first bad option. */
export function resolveBalancingOptions(
  options: BalancingOptions,
): OptionValues<typeof balancingTable> {
  return resolveOptions(balancingTable, options)
}
