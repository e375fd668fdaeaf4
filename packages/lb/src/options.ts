/** Limits and times of the load balancer: their meaning, defaults and ranges. */
import {
  defaultsOf,
  type GivenOptions,
  maxClassShare,
  type NumberSpec,
  type OptionValues,
  resolveOptions,
  upgradeDrainTimeout,
} from '@resumelb/common'

/** All times in milliseconds; on a command line in seconds. */
export const balancingTable = {
  maxWaiting: {
    default: 1_000,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Maximum number of requests that wait for a worker',
  },
  waitTimeout: {
    default: 10_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time a request waits for a worker; 0: requests do not wait',
  },
  maxClassifiedBody: {
    default: 4_194_304,
    min: 0,
    max: 1_073_741_824,
    whole: true,
    unit: 'bytes',
    help: 'Maximum length of a body that is read to classify its request, if the classifier needs bodies; if it is longer, only the head is used',
  },
  maxClassifiedBodies: {
    default: 268_435_456,
    min: 0,
    max: 1_099_511_627_776,
    whole: true,
    unit: 'bytes',
    help: 'Maximum total length of bodies kept in memory to classify their requests; above it, only heads are used',
  },
  classifyTimeout: {
    default: 10_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time to receive a body that is read to classify its request; after that, only the head is used',
  },
  maxClassShare: maxClassShare as NumberSpec & { readonly default: number },
  classLimit: {
    default: 0,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Maximum number of requests in progress of one class; 0: no limit',
  },
  classLimitAction: {
    type: 'choice',
    choices: ['reject', 'wait'],
    default: 'reject',
    help: 'What happens above --class-limit: reject answers 429, wait lets requests wait as for a worker',
  },
  responseTimeout: {
    default: 60_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time until a worker begins its response; 0 disables it',
  },
  clientTimeout: {
    default: 60_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Idle timeout for a client in the middle of a request or response; 0 disables it',
  },
  halfCloseTime: {
    default: 20,
    min: 0,
    max: 60_000,
    unit: 'ms',
    help: 'Time after the last request of a client in which a half-close means that it awaits the response; later, and with 0, it means that the client has disconnected',
  },
  tunnelTimeout: {
    default: 3_600_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Idle timeout of an upgraded connection, such as a WebSocket, in both directions; 0 disables it',
  },
  upgradeDrainTimeout: upgradeDrainTimeout as NumberSpec & { readonly default: number },
  connectTimeout: {
    default: 5_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time to connect to a worker',
  },
  maxRetries: {
    default: 2,
    min: 0,
    max: 10,
    whole: true,
    help: 'Maximum number of retries of one request, each on another worker',
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
    help: 'Retries always allowed in ten seconds, whatever the ratio',
  },
  maxFailures: {
    default: 10,
    min: 0,
    max: 1_000_000,
    whole: true,
    help: 'Consecutive failures that eject a worker; 0 disables ejection',
  },
  ejectionTime: {
    default: 5_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'Duration of the first ejection of a worker; each further one lasts twice as long',
  },
  maxEjectionTime: {
    default: 300_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum duration of an ejection',
  },
} as const

/** Limits and times of a load balancer: see {@link balancingTable}. All times in milliseconds. */
export type BalancingOptions = GivenOptions<typeof balancingTable>

/** The limits that can be changed while a load balancer runs. */
export const liveLimits: readonly LiveLimit[] = [
  'maxWaiting',
  'waitTimeout',
  'classLimit',
  'maxClassifiedBody',
  'maxClassifiedBodies',
  'classifyTimeout',
  'responseTimeout',
  'clientTimeout',
  'tunnelTimeout',
  'upgradeDrainTimeout',
  'maxRetries',
  'retryRatio',
  'minRetries',
]

export type LiveLimit = Exclude<
  keyof typeof balancingTable,
  | 'halfCloseTime'
  | 'connectTimeout'
  | 'classLimitAction'
  | 'maxClassShare'
  | 'maxFailures'
  | 'ejectionTime'
  | 'maxEjectionTime'
>

export const defaultBalancingOptions: OptionValues<typeof balancingTable> =
  defaultsOf(balancingTable)

/** Fills in the defaults. Throws an `OptionError` that names the first bad option. */
export function resolveBalancingOptions(
  options: BalancingOptions,
): OptionValues<typeof balancingTable> {
  return resolveOptions(balancingTable, options)
}
