/** Where commands log, and a library that is given no logger: pino. The export `./pino`. */
import pino from 'pino'
import { isJournal, withPriority } from './journal.ts'
import { logLevelNamed, logOptions } from './log-levels.ts'

export { type LogFile, watchForLoss } from './lost-log.ts'

const standardError = 2

/**
 * Lines of JSON on standard error, of that level, in any case, and worse, with their priority if
 * systemd's journal reads them; each has these members. They are written before the call returns, so
 * that none is lost at an exit. Throws an {@link OptionError} if there is no such level.
 */
export function createLogger(
  level: string,
  option = 'log-level',
  environment: Readonly<Record<string, string | undefined>> = {},
  members?: Readonly<Record<string, unknown>>,
): pino.Logger {
  const options = { ...logOptions(logLevelNamed(level, option)), base: members ?? null }
  const destination = pino.destination({ dest: standardError, sync: true })
  return pino(
    options,
    isJournal(standardError, environment) ? withPriority(destination) : destination,
  )
}

/** One for all that are given none in this process: warnings and worse. */
export function defaultLogger(): pino.Logger {
  shared ??= createLogger('warn')
  return shared
}

let shared: pino.Logger | undefined
