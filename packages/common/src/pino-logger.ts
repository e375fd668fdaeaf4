/** Where commands log, and a library that is given no logger: pino. The export `./pino`. */
import pino from 'pino'
import { OptionError } from './errors.ts'
import { logLevelNamed, logLevels, logOptions } from './log-levels.ts'

/**
 * Lines of JSON on standard error, of that level, in any case, and worse. They are written before the
 * call returns, so that none is lost at an exit. Throws an {@link OptionError} if there is no such level.
 */
export function createLogger(level: string, option = 'log-level'): pino.Logger {
  const name = logLevelNamed(level)
  if (name === undefined) {
    throw new OptionError(option, `one of ${logLevels.join(', ')}`, level)
  }
  return pino(logOptions(name), pino.destination({ dest: 2, sync: true }))
}

/** One for all that are given none in this process: warnings and worse. */
export function defaultLogger(): pino.Logger {
  shared ??= createLogger('warn')
  return shared
}

let shared: pino.Logger | undefined
