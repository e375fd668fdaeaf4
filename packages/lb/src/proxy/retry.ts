/** May a request that got no response be given to another worker? Pure. */
import type { ResetCode } from '@resumelb/protocol'

/** What is known of a request whose stream was given up. */
export interface FailedTry {
  readonly method: string
  /** Why the stream was given up. */
  readonly code: ResetCode
  /** Whether any part of a response, an interim one included, has gone to the client. */
  readonly responseBegun: boolean
  /** Whether all that was sent of the body, if there is one, can be sent once more. */
  readonly canReplay: boolean
  /** Retries of this request before this one. */
  readonly retries: number
  /** Whether a worker that may have begun it has failed before. */
  readonly wasRepeated: boolean
}

/**
 * `safe`: the worker has not looked at the request, so another may have it. `budgeted`: the worker
 * may have begun it, but doing it twice is harmless (RFC 9110 §9.2.2); allowed once per request,
 * while the budget lasts: what has failed two workers may be what they failed of. `never`
 * otherwise.
 */
export type RetryVerdict = 'safe' | 'budgeted' | 'never'

const idempotentMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
])

/** Decides about a try that failed. `maxRetries` bounds the tries of one request. */
export function judgeRetry(failed: FailedTry, maxRetries: number): RetryVerdict {
  if (failed.responseBegun || !failed.canReplay || failed.retries >= maxRetries) return 'never'
  if (failed.code === 'REFUSED') return 'safe'
  // ABORTED is what the application wants. After a TIMEOUT the client has waited long enough, and
  // another worker would take as long.
  if (failed.code === 'TIMEOUT' || failed.code === 'ABORTED') return 'never'
  if (failed.wasRepeated) return 'never'
  return idempotentMethods.has(failed.method) ? 'budgeted' : 'never'
}
