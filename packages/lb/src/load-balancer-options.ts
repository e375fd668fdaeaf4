/** The options of a load balancer as a library. */
import { type Address, type Clock, type Logger, OptionError, refuseUnknown } from '@resumelb/common'
import type { Classifier } from './classify/classifier.ts'
import type { LoadBalancerEvents } from './events.ts'
import { type BalancingOptions, balancingTable } from './options.ts'
import type { Pool } from './pool/pool.ts'
import { createPool, type NamedPool, type OwnPool } from './pool/registry.ts'
import { composePool } from './pool/wrappers/compose-pool.ts'
import type { EjectionOptions } from './pool/wrappers/ejection-pool.ts'
import type { WorkerLink } from './workers/worker-link.ts'

/** A worker as pools of the user's own see it: the same object for as long as it is on the list. */
export interface PoolWorker {
  /** Its address. */
  readonly key: string
}

/** Options of a load balancer, but for its pool. */
export interface CommonOptions extends BalancingOptions {
  /** Addresses of the workers to begin with; see `setWorkers`. */
  readonly workers?: readonly (string | Address)[]
  /** Names the class of each request. By the host it is for, if not given. */
  readonly classifier?: Classifier
  /** Proxies in front of this load balancer, whose X-Forwarded-* are believed: IPs, networks. */
  readonly trustedProxies?: readonly string[]
  /**
   * Whether requests and responses tell of this hop in `Via`; true if not given. Some servers do not
   * compress what they are asked for by way of a proxy.
   */
  readonly via?: boolean
  /**
   * Whether workers are told of clients by X-Forwarded-*; true by default. Without, those of a trusted
   * proxy are passed on and none are added, and handlers see the address and scheme of the peer: for
   * applications that count the proxies in front of them.
   */
  readonly forwarded?: boolean
  /** The page, HTML or plain text, for requests whose worker broke (502). */
  readonly disconnectMessage?: string
  /** Without one, warnings and errors go to standard error. */
  readonly log?: Logger
  readonly clock?: Clock
  /** Like `Math.random`. */
  readonly random?: () => number
}

/**
 * All options. The policy is the name of a pool, a pool, or a function that makes pools (one for each
 * version, if need be); `versions` says which versions of the application get work, as in
 * `composePool`; `settings` are those of the pool, as in `updateSettings`.
 */
export type LoadBalancerOptions = CommonOptions & (NamedPool | OwnPool<PoolWorker>)

/** The options that are no limits or times. */
const ownOptions: Readonly<
  Record<Exclude<keyof LoadBalancerOptions, keyof BalancingOptions>, true>
> = {
  workers: true,
  classifier: true,
  pool: true,
  versions: true,
  settings: true,
  trustedProxies: true,
  disconnectMessage: true,
  via: true,
  forwarded: true,
  log: true,
  clock: true,
  random: true,
}

/** Throws an {@link OptionError} for an option that there is not. */
export function refuseUnknownOptions(options: LoadBalancerOptions): void {
  refuseUnknown(options, [...Object.keys(balancingTable), ...Object.keys(ownOptions)])
}

/** The pool that is used unless one is named. */
export const defaultPool = 'cost'

/** Whether the pool is one of ours, whose settings are known. */
export function isPoolNamed({ pool }: LoadBalancerOptions): boolean {
  return pool === undefined || typeof pool === 'string'
}

/** Makes the pool that the options ask for. `events` are told of versions and ejections. */
export function poolOf(
  options: LoadBalancerOptions,
  balancing: Required<BalancingOptions>,
  random: () => number,
  events: LoadBalancerEvents,
): Pool<WorkerLink> {
  const { settings = {}, versions = 'any' } = options
  return composePool(factoryOf(options, random), {
    settings,
    versions,
    onVersion: (version, before) => events.emit('versionChanged', { version, before }),
    ...(balancing.maxFailures > 0 && { ejection: ejectionOf(balancing, events) }),
  })
}

function ejectionOf(
  { maxFailures, ejectionTime, maxEjectionTime }: Required<BalancingOptions>,
  events: LoadBalancerEvents,
): EjectionOptions<WorkerLink> {
  return {
    maxFailures,
    ejectionTime: ejectionTime / 1000,
    maxEjectionTime: maxEjectionTime / 1000,
    onEject: ({ key: worker }, seconds) => events.emit('workerEjected', { worker, seconds }),
    onReturn: ({ key: worker }) => events.emit('workerRecovered', { worker }),
  }
}

function factoryOf(options: LoadBalancerOptions, random: () => number): () => Pool<WorkerLink> {
  const { pool = defaultPool, settings = {}, versions = 'any' } = options
  if (typeof pool === 'string') return () => createPool<WorkerLink>(pool, settings, random)
  // A pool gives back none but the workers that it was given: links, of which users see the key.
  if (typeof pool === 'function') return pool as () => Pool<WorkerLink>
  if (versions === 'any') return () => pool as Pool<WorkerLink>
  throw new OptionError('pool', 'a name, or a function that makes pools, for versions', 'a pool')
}
