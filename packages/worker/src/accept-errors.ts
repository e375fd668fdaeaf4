/** Reports connections that could not be accepted, without filling the log. */
import type { Clock, Logger } from '@resumelb/common'

/** Minimum milliseconds between two log lines. */
const interval = 10_000

/** Makes a function that logs an error, unless it has logged one lately. */
export function acceptErrorReporter(log: Logger, clock: Clock): (error: Error) => void {
  let lastAt = Number.NEGATIVE_INFINITY
  return (error) => {
    const now = clock.now()
    if (now - lastAt < interval) return
    lastAt = now
    log.error({ err: error }, 'cannot accept connections')
  }
}
