/** The settings of a worker: their meaning, defaults and ranges. */
import { type ConnectionOptions, resolveConnectionOptions } from '@resumelb/protocol'
import { OptionError } from './errors.ts'
import {
  type ResolvedResumeOptions,
  type ResumeOptions,
  resolveResumeOptions,
} from './resume/options.ts'

/** What can change while the worker runs. What is not given goes back to its default. */
export interface WorkerSettings extends ResumeOptions {
  /** Handlers that run at once; further requests wait in order. From 1. */
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
}

export interface ResolvedSettings {
  readonly concurrency: number
  readonly resume: ResolvedResumeOptions
}

export interface ResolvedOptions {
  readonly description: string
  readonly version: string
  readonly resumeFile: string | undefined
  readonly tracelog: string | undefined
  readonly connection: Required<ConnectionOptions>
}

/**
 * A Node process runs one handler's code at a time, and more of them while others wait for
 * something else. Few enough that a load balancer can tell a busy worker from an idle one.
 */
export const defaultConcurrency = 16

const maxConcurrency = 1_000_000

/** Fills in the defaults. Throws an {@link OptionError} that names the first bad setting. */
export function resolveSettings(settings: WorkerSettings): ResolvedSettings {
  const given: unknown = settings.concurrency ?? defaultConcurrency
  const concurrency = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  if (!(Number.isInteger(concurrency) && inRange(concurrency as number))) {
    throw new OptionError('concurrency', `a whole number from 1 to ${maxConcurrency}`, given)
  }
  return { concurrency: concurrency as number, resume: resolveResumeOptions(settings) }
}

/** Fills in what cannot change while the worker runs. Throws an {@link OptionError}. */
export function resolveOptions(options: WorkerOptions): ResolvedOptions {
  return {
    description: options.description ?? '',
    version: options.version ?? '',
    resumeFile: options.resumeFile,
    tracelog: options.tracelog,
    connection: resolveConnectionOptions(options.connection ?? {}),
  }
}

function inRange(concurrency: number): boolean {
  return concurrency >= 1 && concurrency <= maxConcurrency
}
