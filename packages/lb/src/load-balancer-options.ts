/** The options of a load balancer in a program. */
import { type Clock, type Logger, OptionError, refuseUnknown } from '@resumelb/common'
import type { DialTls, Identity } from '@resumelb/protocol'
import type { Classifier } from './classify/classifier.ts'
import type { LoadBalancerEvents } from './events.ts'
import { OwnFields } from './http/own-fields.ts'
import { checkRequestIdName, RequestIdField, usualRequestIdName } from './http/request-id.ts'
import { type BalancingOptions, balancingTable } from './options.ts'
import type { Pool } from './pool/pool.ts'
import { createPool, type NamedPool, type OwnPool } from './pool/registry.ts'
import { composePool } from './pool/wrappers/compose-pool.ts'
import type { EjectionOptions } from './pool/wrappers/ejection-pool.ts'
import type { SessionIds } from './pool/wrappers/sticky-pool.ts'
import type { ErrorPages } from './proxy/error-pages.ts'
import type { HopOptions } from './proxy/exchange-owner.ts'
import type { StickyOptions } from './sticky-options.ts'
import { software } from './version.ts'
import type { MeasuredResumes } from './workers/upstream/measured-resume.ts'
import { type UpstreamOptions, upstreamTable } from './workers/upstream/options.ts'
import type { Worker } from './workers/worker.ts'
import type { WorkerAddress } from './workers/worker-spec.ts'

/** A worker as user-defined pools see it: the same object while it is in the list. */
export interface PoolWorker {
  /** Its address. */
  readonly key: string
}

/** Options of a load balancer, except its pool. */
export interface CommonOptions extends BalancingOptions, UpstreamOptions {
  /** Addresses of the first workers; see `setWorkers`. */
  readonly workers?: readonly (string | WorkerAddress)[]
  /**
   * Connects to workers by TLS: with a certificate, to workers that show one of the same
   * authorities. `name` is what the certificate of every worker must be for; by default its own
   * host.
   */
  readonly workerTls?: DialTls
  /**
   * What another load balancer has measured of `http://` workers, by their addresses: its
   * `measuredResumes`. Instead of what the files in `resumeDir` say.
   */
  readonly measuredResumes?: MeasuredResumes
  /** Returns the class of each request. By default, its host. */
  readonly classifier?: Classifier
  /**
   * Proxies in front of this load balancer whose X-Forwarded-* are trusted: IP addresses, networks.
   */
  readonly trustedProxies?: readonly string[]
  /**
   * Whether to add `Via` to requests and responses; true by default. Some servers do not compress
   * responses to proxies.
   */
  readonly via?: boolean
  /**
   * Whether to add X-Request-Id to requests and responses; true by default. The id of a trusted
   * proxy is kept, and so is a field that the application sets.
   */
  readonly requestId?: boolean
  /** The name of that header, if it is not X-Request-Id. */
  readonly requestIdHeader?: string
  /** Whether to add `traceparent` (W3C Trace Context) to requests that have none. */
  readonly traceparent?: boolean
  /**
   * Whether to add X-Forwarded-* to requests; true by default. Otherwise, those of a trusted proxy
   * are passed on unchanged, and handlers see the address and scheme of the peer. For applications
   * that count the proxies in front of them.
   */
  readonly forwarded?: boolean
  /** The page, HTML or plain text, for requests whose worker failed (502). */
  readonly disconnectMessage?: string
  /** Pages for failures with status 502, 503 or 504; those of workers are passed on unchanged. */
  readonly errorPages?: ErrorPages
  /** Keeps the requests of a session on one worker; if absent, requests have no sessions. */
  readonly sticky?: StickyOptions
  /** If absent, warnings and errors go to standard error. */
  readonly log?: Logger
  readonly clock?: Clock
  /** Like `Math.random`. */
  readonly random?: () => number
}

/**
 * All options. `pool` is the name of a pool, a pool, or a function that creates pools (one for each
 * version, if necessary). `versions` says which versions of the application get requests, as in
 * `composePool`. `settings` are the settings of the pool, as in `updateSettings`.
 */
export type LoadBalancerOptions = CommonOptions & (NamedPool | OwnPool<PoolWorker>)

/** Names of the options that are not in the table of limits and times. */
const ownOptions: Readonly<
  Record<Exclude<keyof LoadBalancerOptions, keyof BalancingOptions | keyof UpstreamOptions>, true>
> = {
  workers: true,
  workerTls: true,
  classifier: true,
  pool: true,
  versions: true,
  settings: true,
  trustedProxies: true,
  disconnectMessage: true,
  errorPages: true,
  sticky: true,
  via: true,
  requestId: true,
  requestIdHeader: true,
  traceparent: true,
  forwarded: true,
  measuredResumes: true,
  log: true,
  clock: true,
  random: true,
}

/** Throws an {@link OptionError} for an unknown option. */
export function refuseUnknownOptions(options: LoadBalancerOptions): void {
  refuseUnknown(options, [
    ...Object.keys(balancingTable),
    ...Object.keys(upstreamTable),
    ...Object.keys(ownOptions),
  ])
}

/** What this hop adds to requests and responses. Throws an {@link OptionError}. */
export function hopOptionsOf({
  via = true,
  requestId = true,
  requestIdHeader = usualRequestIdName,
  traceparent = false,
  forwarded = true,
}: LoadBalancerOptions): HopOptions {
  checkRequestIdName(requestIdHeader, 'requestIdHeader')
  return {
    ownFields: new OwnFields(requestId ? requestIdHeader : '', via),
    sendsVia: via,
    requestIdField: requestId ? new RequestIdField(requestIdHeader) : undefined,
    makesTraceparent: traceparent,
    addsForwarded: forwarded,
  }
}

/** The default pool. */
export const defaultPool = 'cost'

/** Whether the pool is a built-in one, whose settings are known. */
export function isPoolNamed({ pool }: LoadBalancerOptions): boolean {
  return pool === undefined || typeof pool === 'string'
}

/** What a load balancer says of itself to workers. */
export function identityOf(
  id: string,
  { pool = defaultPool }: LoadBalancerOptions,
  keepsSessions: boolean,
): Identity {
  return {
    ...{ role: 'balancer', software, id },
    ...(keepsSessions && { keepsSessions }),
    // Other pools plan no homes of classes, and do not follow what another load balancer plans.
    ...(pool === 'cost' && { sharesPlans: true }),
  }
}

/** Creates the pool. Changes of the version, and ejections, are emitted on `events`. */
export function poolOf(
  options: LoadBalancerOptions,
  balancing: Required<BalancingOptions>,
  random: () => number,
  events: LoadBalancerEvents,
  sessionIds?: SessionIds,
): Pool<Worker> {
  const { settings = {}, versions = 'any' } = options
  return composePool(factoryOf(options, random), {
    settings,
    versions,
    maxClassShare: balancing.maxClassShare,
    onVersion: (version, before) => events.emit('versionChanged', { version, before }),
    ...(sessionIds !== undefined && { sessionIds }),
    ...(balancing.maxFailures > 0 && { ejection: ejectionOf(balancing, events) }),
  })
}

function ejectionOf(
  { maxFailures, ejectionTime, maxEjectionTime }: Required<BalancingOptions>,
  events: LoadBalancerEvents,
): EjectionOptions<Worker> {
  return {
    maxFailures,
    ejectionTime: ejectionTime / 1000,
    maxEjectionTime: maxEjectionTime / 1000,
    onEject: ({ key: worker }, seconds) => events.emit('workerEjected', { worker, seconds }),
    onReturn: ({ key: worker }) => events.emit('workerRecovered', { worker }),
  }
}

function factoryOf(options: LoadBalancerOptions, random: () => number): () => Pool<Worker> {
  const { pool = defaultPool, settings = {}, versions = 'any' } = options
  if (typeof pool === 'string') return () => createPool<Worker>(pool, settings, random)
  // A pool returns only workers that it was given: links, of which users see only the key.
  if (typeof pool === 'function') return pool as () => Pool<Worker>
  if (versions === 'any') return () => pool as Pool<Worker>
  throw new OptionError('pool', 'a name, or a function that makes pools, for versions', 'a pool')
}
