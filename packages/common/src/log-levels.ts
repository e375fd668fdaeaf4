/** How all commands log: the levels, and the lines of JSON. Pure. */

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

/** The level that a text means, in any case; undefined if it means none. */
export function logLevelNamed(text: string): string | undefined {
  const lowerCase = text.toLowerCase()
  const level = Object.hasOwn(otherNames, lowerCase) ? otherNames[lowerCase] : lowerCase
  return logLevels.find((name) => name === level)
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
