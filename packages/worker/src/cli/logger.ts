/** The log of a command: structured lines on standard error. */
import { isatty } from 'node:tty'
import { type Logger as Pino, pino } from 'pino'

/** The levels that a log may have, quietest last. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A logger that writes lines of JSON to standard error at once, so that none is lost at an exit. */
export function createLogger(level: string, name: string): Pino {
  return pino({ level, name, base: { name } }, pino.destination({ dest: 2, sync: isatty(2) }))
}
