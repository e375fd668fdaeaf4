/** Where commands log, and a library that is given no logger: pino. The export `./pino`. */
import pino from 'pino'
import { logLevelNamed, logOptions } from './log-levels.ts'

export { type LogFile, watchForLoss } from './lost-log.ts'

/**
 * Lines of JSON on standard error, of that level, in any case, and worse. They are written before
 * the call returns, so that none is lost at an exit. Throws an {@link OptionError} if there is no
 * such level.
 */
export function createLogger(level: string, option = 'log-level'): pino.Logger {
  return pino(logOptions(logLevelNamed(level, option)), pino.destination({ dest: 2, sync: true }))
}

/** One for all that are given none in this process: warnings and worse. */
export function defaultLogger(): pino.Logger {
  shared ??= createLogger('warn')
  return shared
}

let shared: pino.Logger | undefined
