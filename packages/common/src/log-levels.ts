/** How all commands log: the levels, and the lines of JSON. Pure. */
import { OptionError } from './errors.ts'

/** The levels of a log, quietest last. */
export const logLevels: readonly string[] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
]

/** Names of levels that people know from elsewhere. */
const otherNames: Readonly<Record<string, string>> = {
  warning: 'warn',
  critical: 'fatal',
  blather: 'trace',
  all: 'trace',
  off: 'silent',
  none: 'silent',
}

/** The level that a text means, in any case. Throws an {@link OptionError} if it means none. */
export function logLevelNamed(text: string, option = 'log-level'): string {
  const lowerCase = text.toLowerCase()
  const level = Object.hasOwn(otherNames, lowerCase) ? otherNames[lowerCase] : lowerCase
  const known = logLevels.find((name) => name === level)
  if (known !== undefined) return known
  throw new OptionError(option, `one of ${logLevels.join(', ')}`, text)
}

/** Pino's options, as far as we set them. */
export interface LogOptions {
  readonly level: string
  readonly base: null
  readonly timestamp: () => string
  readonly formatters: { readonly level: (label: string) => object }
}

/** Options of pino for lines with the time in UTC and the level's name, of that level and worse. */
export function logOptions(level: string): LogOptions {
  return {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  }
}
