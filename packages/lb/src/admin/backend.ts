/** What the admin server needs of what it tells about: one load balancer, or several as one. */
import type { Changes } from './changes.ts'
import type { StatusSource } from './event-stream.ts'
import type { BadQuestion, ExplainAnswer } from './explain-query.ts'
import type { HistoryStatus } from './history-document.ts'
import type { Exposition } from './metrics.ts'
import type { AdminStatus } from './status-document.ts'

/** Something that is known at once, or has to be asked for. */
export type Eventually<Value> = Value | Promise<Value>

export interface AdminBackend {
  /** For the event stream, once a second. */
  readonly live: StatusSource
  readonly changes: Changes
  /** Whether it takes requests. */
  isReady(): Eventually<boolean>
  /** The present status, with so many classes. */
  status(classes: number): Eventually<AdminStatus>
  /** Makes `live` ready to be read with so many classes. */
  prepare(classes: number): Eventually<void>
  /** The last minutes. */
  history(): Eventually<HistoryStatus>
  metrics(): Promise<Exposition>
  /** `body` is that of the request, if it has one. */
  explain(query: URLSearchParams, body?: Buffer): Eventually<ExplainAnswer | BadQuestion>
  /** Counts no longer. */
  stop(): void
}
