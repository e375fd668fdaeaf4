/** Limits and times of the load balancer: their meaning, defaults and ranges. */
import { OptionError } from '@resumelb/common'

/** All times in milliseconds. */
export interface BalancingOptions {
  /** Requests that may wait at once for a worker. From 0. */
  readonly maxWaiting?: number
  /** How long a request may wait for a worker; 0: not at all. */
  readonly waitTimeout?: number
  /** How long a worker may take to begin its response; 0: as long as it likes. */
  readonly responseTimeout?: number
  /** How long a client may neither send what is due of its request nor take the response; 0: ever. */
  readonly clientTimeout?: number
  /** How long connecting to a worker may take. */
  readonly connectTimeout?: number
  /** Times that one request may be given to another worker. From 0. */
  readonly maxRetries?: number
  /** Retries per request over the last ten seconds, of requests a worker may have begun: 0 to 1. */
  readonly retryRatio?: number
  /** Such retries that are allowed in ten seconds however few requests there are. From 0. */
  readonly minRetries?: number
  /** Failures in a row that take a worker out for a while; 0: none ever does. */
  readonly maxFailures?: number
  /** How long a worker is out for the first time; each further time is twice as long. */
  readonly ejectionTime?: number
  /** The longest time that a worker is out. */
  readonly maxEjectionTime?: number
}

export const defaultBalancingOptions: Readonly<Required<BalancingOptions>> = {
  maxWaiting: 1_000,
  waitTimeout: 10_000,
  responseTimeout: 60_000,
  clientTimeout: 60_000,
  connectTimeout: 5_000,
  maxRetries: 2,
  retryRatio: 0.2,
  minRetries: 3,
  maxFailures: 10,
  ejectionTime: 5_000,
  maxEjectionTime: 300_000,
}

const day = 24 * 3600 * 1000

/** The least and the most that each may be. */
export const balancingLimits: Readonly<
  Record<keyof BalancingOptions, readonly [min: number, max: number]>
> = {
  maxWaiting: [0, 1_000_000],
  waitTimeout: [0, day],
  responseTimeout: [0, day],
  clientTimeout: [0, day],
  connectTimeout: [10, day],
  maxRetries: [0, 10],
  retryRatio: [0, 1],
  minRetries: [0, 1_000_000],
  maxFailures: [0, 1_000_000],
  ejectionTime: [1, day],
  maxEjectionTime: [1, day],
}

export const balancingOptionNames: readonly (keyof BalancingOptions)[] = Object.keys(
  balancingLimits,
) as (keyof BalancingOptions)[]

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad option. */
export function resolveBalancingOptions(options: BalancingOptions): Required<BalancingOptions> {
  const resolved = { ...defaultBalancingOptions }
  for (const name of balancingOptionNames) {
    const value = options[name]
    if (value === undefined) continue
    const [min, max] = balancingLimits[name]
    if (!(value >= min && value <= max)) throw new OptionError(name, `from ${min} to ${max}`, value)
    resolved[name] = value
  }
  return resolved
}
