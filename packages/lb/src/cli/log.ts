/** The commands' logger: JSON lines on standard error. */
import { logLevelNamed, logLevels, logOptions } from '@resumelb/protocol/cli'
import pino from 'pino'
import { OptionError } from '../errors.ts'

/** Makes a logger for messages of that level, in any case, and worse. Throws an OptionError. */
export function createLogger(level: string): pino.Logger {
  const name = logLevelNamed(level)
  if (name === undefined) {
    throw new OptionError('log-level', `one of ${logLevels.join(', ')}`, level)
  }
  return pino(logOptions(name), pino.destination({ dest: 2, sync: true }))
}
