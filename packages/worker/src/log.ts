/** What a worker needs of a logger; pino's is one. */
import { logOptions } from '@resumelb/protocol/cli'
import { pino } from 'pino'

export type LogMethod = (facts: Readonly<Record<string, unknown>>, message: string) => void

export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

/** For who wants to hear nothing, not even of the application's errors. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

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
