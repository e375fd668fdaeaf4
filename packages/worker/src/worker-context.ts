import type { Clock, Logger } from '@resumelb/common'

/** Replacements for the environment of a worker. */
export interface WorkerContext {
  /** By default, warnings and errors go to standard error, so that a 500 is noticed. */
  readonly log?: Logger
  readonly clock?: Clock
}
