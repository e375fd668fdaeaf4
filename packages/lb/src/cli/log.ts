/** The commands' logger: JSON lines on standard error. */
import pino from 'pino'
import { OptionError } from '../errors.ts'

/** Names of levels that people know from elsewhere. */
const otherNames: Readonly<Record<string, string>> = {
  warning: 'warn',
  critical: 'fatal',
  blather: 'trace',
  all: 'trace',
  off: 'silent',
  none: 'silent',
}

export const logLevels: readonly string[] = [...Object.values(pino.levels.labels), 'silent']

/** Makes a logger for messages of that level, in any case, and worse. Throws an OptionError. */
export function createLogger(level: string): pino.Logger {
  const lowerCase = level.toLowerCase()
  const name = otherNames[lowerCase] ?? lowerCase
  if (!logLevels.includes(name)) {
    throw new OptionError('log-level', `one of ${logLevels.join(', ')}`, level)
  }
  const options = {
    level: name,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, pino.destination({ dest: 2, sync: true }))
}
