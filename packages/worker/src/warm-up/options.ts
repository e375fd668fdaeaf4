/** The options for warming up a worker when it starts. */
import {
  type FlagSpec,
  type GivenOptions,
  type NumberSpec,
  OptionError,
  resolveOptions,
} from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import { type ListedUrl, parseUrl } from './url-list.ts'

export const warmUpTable: {
  readonly warmUpConcurrency: NumberSpec & { readonly default: number }
  readonly warmUpTimeout: NumberSpec & { readonly default: number }
  readonly warmUpClasses: NumberSpec & { readonly default: number }
  readonly warmUpCredentials: FlagSpec & { readonly default: boolean }
} = {
  warmUpConcurrency: {
    default: 2,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Maximum number of classes warmed up at once; their requests take slots of --concurrency',
  },
  warmUpTimeout: {
    default: 60_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'Time after which the worker is ready even if not all classes are warm; one class gets at most a quarter of it',
  },
  warmUpClasses: {
    default: 100,
    min: 1,
    max: 10_000,
    whole: true,
    help: 'Maximum number of classes warmed up: those with the most work lately',
  },
  warmUpCredentials: {
    type: 'flag',
    default: false,
    help: 'Record requests with credentials too (Authorization, Cookie and the like): the résumé file then contains them',
  },
}

/** Loads what requests of the class need. May reject; gives up when the signal is aborted. */
export type WarmFunction = (
  requestClass: RequestClass,
  context: { readonly signal: AbortSignal },
) => unknown

/** What a worker does before it takes requests. */
export interface WarmUpOptions extends GivenOptions<typeof warmUpTable> {
  /**
   * `replay`: keeps recent safe requests of each class in the résumé file, and runs them. A
   * function is called for each class instead. `off` by default.
   */
  readonly warmUp?: 'off' | 'replay' | WarmFunction
  /** URLs that are requested as well, after the classes of the résumé. */
  readonly warmUpUrls?: readonly string[]
}

export interface ResolvedWarmUpOptions {
  readonly warmUp: 'off' | 'replay' | WarmFunction
  readonly urls: readonly ListedUrl[]
  readonly concurrency: number
  /** Milliseconds. */
  readonly timeout: number
  readonly classes: number
  readonly recordsCredentials: boolean
}

export const warmUpNames: readonly string[] = [...Object.keys(warmUpTable), 'warmUp', 'warmUpUrls']

/** Fills in the defaults. Throws an `OptionError` for the first invalid option. */
export function resolveWarmUpOptions(options: WarmUpOptions): ResolvedWarmUpOptions {
  const { warmUp = 'off', warmUpUrls = [] } = options
  if (!(warmUp === 'off' || warmUp === 'replay' || typeof warmUp === 'function')) {
    throw new OptionError('warmUp', 'off, replay or a function', warmUp)
  }
  const numbers = resolveOptions(warmUpTable, options)
  return {
    warmUp,
    urls: warmUpUrls.map((url) => parseUrl(url, 'warmUpUrls')),
    concurrency: numbers.warmUpConcurrency,
    timeout: numbers.warmUpTimeout,
    classes: numbers.warmUpClasses,
    recordsCredentials: numbers.warmUpCredentials,
  }
}
