/** Logs the events of a session. */
import { hasCode } from './errors.ts'
import type { Session } from './session.ts'

type LogMethod = (facts: Readonly<Record<string, unknown>>, message: string) => void

/** The methods of a logger that are used; pino has them. */
export interface SessionLogger {
  readonly info: LogMethod
  readonly warn: LogMethod
}

/** Logs what an operator should know of the session. `meanwhile` says what happens without it. */
export function logSessionEvents(
  session: Session,
  log: SessionLogger,
  meanwhile: () => string,
): void {
  session.on('connected', ({ sessionId, isNew }) => {
    log.info({ session: sessionId }, isNew ? 'new ZooKeeper session' : 'reconnected to ZooKeeper')
  })
  session.on('suspended', () => log.info({}, 'connection to ZooKeeper lost'))
  session.on('lost', (sessionId) => log.warn({ session: sessionId }, 'ZooKeeper session expired'))
  session.on('unreachable', ({ connectionString, seconds, cause }) => {
    const facts = { zookeeper: connectionString, seconds, ...(cause && { reason: cause.message }) }
    log.warn(facts, `cannot reach ZooKeeper; ${meanwhile()}`)
  })
  session.on('warning', (warning) => log.warn({ reason: explain(warning) }, 'ZooKeeper'))
}

/** What is wrong, and where one would not guess it, what to do. */
function explain(warning: Error): string {
  if (!hasCode(warning, 'NO_AUTH')) return warning.message
  return `${warning.message} (set --zk-auth or RESUMELB_ZK_AUTH to a user with that permission)`
}
