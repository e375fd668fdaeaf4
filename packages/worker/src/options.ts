/** The settings of a worker: their meaning, defaults and ranges. */

import { OptionError } from '@resumelb/common'
import { type ConnectionOptions, resolveConnectionOptions } from '@resumelb/protocol'
import {
  type ResolvedResumeOptions,
  type ResumeOptions,
  resolveResumeOptions,
} from './resume/options.ts'

/** What can change while the worker runs. What is not given goes back to its default. */
export interface WorkerSettings extends ResumeOptions {
  /**
   * Handlers that run at once; further requests wait in order. From 1. Without it there is no
   * limit, as in Node's own server.
   */
  readonly concurrency?: number
}

export interface WorkerOptions extends WorkerSettings {
  /** A word for people, shown in the status of load balancers. */
  readonly description?: string
  /** The version of the application, for load balancers that serve a single version. */
  readonly version?: string
  /** Where the résumé is kept over restarts. */
  readonly resumeFile?: string
  /** Where every step of every request is written; see `trace-log.ts` for the format. */
  readonly tracelog?: string
  /** Limits and timeouts of the connections. */
  readonly connection?: ConnectionOptions
  /**
   * Bytes of responses that may wait for load balancers to take them. Above this, requests of those who
   * hold more than their share are refused; above twice as much, all are. From 1 MiB; 256 MiB.
   */
  readonly maxQueued?: number
}

export interface ResolvedSettings {
  /** Infinity if there is no limit. */
  readonly concurrency: number
  /** What load balancers are told that is. */
  readonly advertisedConcurrency: number
  readonly resume: ResolvedResumeOptions
}

export interface ResolvedOptions {
  readonly description: string
  readonly version: string
  readonly resumeFile: string | undefined
  readonly tracelog: string | undefined
  readonly connection: Required<ConnectionOptions>
  readonly maxQueued: number
}

/**
 * What load balancers are told where no limit is set: by how much they may divide the work that
 * waits. A process runs the code of one handler at a time, but some of them wait for something else.
 */
export const unlimitedConcurrency = 4

const maxConcurrency = 1_000_000

const mebibyte = 1024 * 1024
const defaultMaxQueued = 256 * mebibyte

/**
 * Milliseconds after which a load balancer is given up that says nothing. Longer than the protocol's
 * default: nothing depends on it, and one that was stopped for a while finds its requests answered.
 */
const silenceTimeout = 30_000

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad setting. */
export function resolveSettings(settings: WorkerSettings): ResolvedSettings {
  const resume = resolveResumeOptions(settings)
  if (settings.concurrency === undefined) {
    const concurrency = Number.POSITIVE_INFINITY
    return { concurrency, advertisedConcurrency: unlimitedConcurrency, resume }
  }
  const concurrency = checkedConcurrency(settings.concurrency)
  return { concurrency, advertisedConcurrency: concurrency, resume }
}

/** Settings that come as text ('2') are read as numbers. */
function checkedConcurrency(given: unknown): number {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  if (typeof value === 'number' && Number.isInteger(value)) {
    if (value >= 1 && value <= maxConcurrency) return value
  }
  throw new OptionError('concurrency', `a whole number from 1 to ${maxConcurrency}`, given)
}

/** Fills in what cannot change while the worker runs. Throws an {@link OptionError}. */
export function resolveOptions(options: WorkerOptions): ResolvedOptions {
  return {
    description: options.description ?? '',
    version: options.version ?? '',
    resumeFile: options.resumeFile,
    tracelog: options.tracelog,
    connection: resolveConnectionOptions({ silenceTimeout, ...options.connection }),
    maxQueued: checkedMaxQueued(options.maxQueued ?? defaultMaxQueued),
  }
}

function checkedMaxQueued(value: number): number {
  if (value >= mebibyte && value < Number.POSITIVE_INFINITY) return value
  throw new OptionError('maxQueued', `a number from ${mebibyte}`, value)
}
