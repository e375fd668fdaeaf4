/** What all packages need of a logger; pino's is one. */

export type LogMethod = (facts: Readonly<Record<string, unknown>>, message: string) => void

export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

/** For who wants to hear nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
