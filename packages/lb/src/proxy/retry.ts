/** Decides whether a request may be retried on another worker. Pure. */
import { idempotentMethods } from '@resumelb/common'
import { isRefusal, type ResetCode } from '@resumelb/protocol'

/** The facts about a request whose stream was reset. */
export interface FailedTry {
  readonly method: string
  /** Why the stream was reset. */
  readonly code: ResetCode
  /** Whether any part of a response, even an interim one, has been sent to the client. */
  readonly responseBegun: boolean
  /** Whether all that was sent of the body, if there is one, can be sent again. */
  readonly canReplay: boolean
  /** Number of earlier retries of this request. */
  readonly retries: number
  /** Whether a worker that may have begun it has failed before. */
  readonly wasRepeated: boolean
}

/**
 * `safe`: the worker has not processed the request, so another one may get it. `budgeted`: the
 * worker may have begun it, but doing it twice is harmless (RFC 9110 §9.2.2); allowed once per
 * request, while the budget lasts: what has failed two workers may be what they failed of. `never`
 * otherwise.
 */
export type RetryVerdict = 'safe' | 'budgeted' | 'never'

/** Decides about a failed attempt. `maxRetries` limits the retries of one request. */
export function judgeRetry(failed: FailedTry, maxRetries: number): RetryVerdict {
  if (failed.responseBegun || !failed.canReplay || failed.retries >= maxRetries) return 'never'
  if (isRefusal(failed.code)) return 'safe'
  // ABORTED is what the application wants. After a TIMEOUT the client has waited long enough, and
  // another worker would take as long.
  if (failed.code === 'TIMEOUT' || failed.code === 'ABORTED') return 'never'
  if (failed.wasRepeated) return 'never'
  return idempotentMethods.has(failed.method) ? 'budgeted' : 'never'
}
