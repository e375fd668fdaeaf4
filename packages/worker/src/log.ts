/** Where a worker logs: pino, unless it is given another logger. */
import type { Logger } from '@resumelb/protocol'
import { logOptions } from '@resumelb/protocol/cli'
import { pino } from 'pino'

/**
 * Lines of JSON on standard error, of that level and worse. They are written before the call
 * returns, so that none is lost at an exit.
 */
export function createLogger(level: string): Logger {
  return pino(logOptions(level), pino.destination({ dest: 2, sync: true }))
}

/** One for all workers of the process that are given none. */
export function defaultLogger(): Logger {
  shared ??= createLogger('warn')
  return shared
}

let shared: Logger | undefined
