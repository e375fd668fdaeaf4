/** The settings of a worker: their meaning, defaults and ranges. */
import {
  type ColdLoadLimits,
  type FlagSpec,
  type GivenOptions,
  maxClassShare,
  type NumberSpec,
  OptionError,
  refuseUnknown,
  resolveOptions as resolveTable,
  type SlotLimits,
  slotsForColdLoads,
  unlimitedConcurrency,
  upgradeDrainTimeout,
} from '@resumelb/common'
import {
  type ConnectionOptions,
  maxCapacity,
  minCapacity,
  type PeerCertificates,
  resolveConnectionOptions,
} from '@resumelb/protocol'
import {
  type ResolvedResumeOptions,
  type ResumeOptions,
  resolveResumeOptions,
  resumeTable,
} from '@resumelb/resume'
import type { UpgradeListener } from './http/listeners.ts'
import {
  type ResolvedWarmUpOptions,
  resolveWarmUpOptions,
  type WarmUpOptions,
  warmUpNames,
} from './warm-up/options.ts'

/** How long upgraded connections outlive the beginning of the draining of a worker. */
export const upgradeDrainTable = {
  upgradeDrainTimeout: upgradeDrainTimeout as NumberSpec & { readonly default: number },
} as const

/** Settings besides those of the résumé that can change while the worker runs. */
const slotTable = {
  concurrency: {
    min: 1,
    max: 1_000_000,
    whole: true,
    otherwise: 'no limit',
    help: 'Maximum number of requests handled at once; others wait. 1 for CPU-bound handlers, more for those that wait for a database',
  },
  maxClassShare: maxClassShare as NumberSpec & { readonly default: number },
  coldLoadTimeout: {
    default: 5_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time that requests of a class wait for its first request, which fills the caches for them (nginx: proxy_cache_lock_timeout); 0: they do not wait',
  },
  maxColdLoads: {
    min: 1,
    max: 1_000_000,
    whole: true,
    otherwise: 'three quarters of --concurrency',
    help: 'Maximum number of requests that fill the caches for their class at once, at most --concurrency; further ones wait, and leave the other slots to warm classes',
  },
} as const

/** Limits of memory. */
export const memoryTable = {
  maxQueued: {
    default: 268_435_456,
    min: 1_048_576,
    max: 1_000_000_000_000,
    unit: 'bytes',
    help: 'Maximum size of responses buffered for load balancers. Above it, requests of balancers that hold more than their share are refused; above twice as much, all are',
  },
} as const

/** How much load balancers should give the worker, beyond what its concurrency and résumé say. */
export const shareTable: {
  readonly standby: FlagSpec & { readonly default: boolean }
  readonly capacity: NumberSpec & { readonly default: number }
} = {
  standby: {
    type: 'flag',
    default: false,
    help: 'Take requests only while no other worker can',
  },
  capacity: {
    default: 1,
    min: minCapacity,
    max: maxCapacity,
    help: 'Share of the requests, as a multiple of that of a worker of capacity 1',
  },
}

/** What can change while the worker runs. */
export const settingsTable: typeof resumeTable & typeof slotTable = { ...resumeTable, ...slotTable }

/**
 * Settings that can change while the worker runs: see {@link settingsTable}. Those not given get
 * their defaults. Without `concurrency` there is no limit, as in Node's own server.
 */
export interface WorkerSettings extends ResumeOptions, GivenOptions<typeof slotTable> {}

export interface WorkerOptions
  extends WorkerSettings,
    GivenOptions<typeof memoryTable>,
    GivenOptions<typeof shareTable>,
    WarmUpOptions {
  /** A word for people, shown in the status of load balancers. */
  readonly description?: string
  /** The version of the application, for load balancers that serve a single version. */
  readonly version?: string
  /** The file that keeps the résumé across restarts. */
  readonly resumeFile?: string
  /** The trace log: every step of every request; see `trace-log.ts` for the format. */
  readonly tracelog?: string
  /**
   * Takes requests for an upgrade, such as those of WebSockets. Without it, the event `upgrade` of
   * a handler that is a server is emitted, and other handlers take none.
   */
  readonly upgrade?: UpgradeListener
  /** Limits and timeouts of the connections. */
  readonly connection?: ConnectionOptions
  /**
   * Speaks TLS with load balancers that show a certificate of the same authorities; others get
   * nothing. Without it, connections are not encrypted.
   */
  readonly tls?: PeerCertificates
}

/** How a worker drains. */
export interface DrainOptions {
  /**
   * Milliseconds for which requests of sessions are still taken, if a load balancer keeps sessions
   * (`--sticky`); 0 if not given.
   */
  readonly sessionTime?: number
}

export interface ResolvedSettings {
  /** Infinity if there is no limit. */
  readonly concurrency: number
  /** The part of the slots that one class may hold while there are others. */
  readonly maxClassShare: number
  readonly coldLoads: ColdLoadLimits
  /** The number reported to load balancers. */
  readonly advertisedConcurrency: number
  readonly resume: ResolvedResumeOptions
}

export interface ResolvedOptions {
  readonly description: string
  readonly version: string
  readonly resumeFile: string | undefined
  readonly tracelog: string | undefined
  readonly connection: Required<ConnectionOptions>
  readonly tls: PeerCertificates | undefined
  readonly maxQueued: number
  readonly standby: boolean
  readonly capacity: number
  readonly warmUp: ResolvedWarmUpOptions
}

/**
 * Milliseconds without data after which the connection to a load balancer ends. Longer than the
 * protocol's default: no request depends on it, and a suspended load balancer can still receive its
 * responses.
 */
const silenceTimeout = 30_000

/** Fills in the defaults. Throws an `OptionError` for the first invalid setting. */
export function resolveSettings(settings: WorkerSettings): ResolvedSettings {
  const resume = resolveResumeOptions(settings)
  const slots = resolveTable(slotTable, settings, { acceptsText: true })
  const { concurrency = Number.POSITIVE_INFINITY, maxClassShare, coldLoadTimeout } = slots
  const advertisedConcurrency = slots.concurrency ?? unlimitedConcurrency
  const most = slots.maxColdLoads ?? slotsForColdLoads(concurrency)
  const coldLoads = { most, patience: coldLoadTimeout }
  return { concurrency, maxClassShare, coldLoads, advertisedConcurrency, resume }
}

/**
 * Throws an `OptionError` if more cold loads are admitted than there are slots. Only at the start:
 * a concurrency that is lowered later bounds the cold loads as well.
 */
export function checkColdLoads(
  settings: WorkerSettings,
  labelOf: (name: string) => string = (name) => name,
): void {
  const { concurrency, coldLoads } = resolveSettings(settings)
  if (coldLoads.most <= concurrency) return
  const expectation = `at most ${labelOf('concurrency')}, which is ${concurrency}`
  throw new OptionError(labelOf('maxColdLoads'), expectation, coldLoads.most)
}

/** The slots of a worker with these settings. */
export function slotLimitsOf(settings: ResolvedSettings): SlotLimits {
  const { concurrency, maxClassShare, coldLoads } = settings
  return { limit: concurrency, share: maxClassShare, coldLoads }
}

const optionNames = [
  ...Object.keys(settingsTable),
  ...Object.keys(memoryTable),
  ...Object.keys(shareTable),
  ...warmUpNames,
  ...['description', 'version', 'resumeFile', 'tracelog', 'upgrade', 'connection', 'tls'],
]

/** Fills in what cannot change while the worker runs. Throws an `OptionError`. */
export function resolveOptions(options: WorkerOptions): ResolvedOptions {
  refuseUnknown(options, optionNames)
  checkColdLoads(options)
  return {
    description: options.description ?? '',
    version: options.version ?? '',
    resumeFile: options.resumeFile,
    tracelog: options.tracelog,
    tls: options.tls,
    connection: resolveConnectionOptions({ silenceTimeout, ...options.connection }),
    ...resolveTable(memoryTable, options),
    ...resolveTable(shareTable, options),
    warmUp: resolveWarmUpOptions(options),
  }
}
