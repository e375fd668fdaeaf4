/** How a request ended, for pools. Pure. */
import type { Report, ResetCode } from '@resumelb/protocol'
import type { FailureName } from '../http/failures.ts'
import type { Outcome, Result } from '../pool/pool.ts'

/**
 * Whether a status indicates a fault of the worker, not of the request (HAProxy's `observe
 * layer7`).
 */
export function isWorkerFailure(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505
}

/** The result of a request whose worker reset the stream. */
export const resultsOfResets: Readonly<Record<ResetCode, Result>> = {
  CANCELLED: 'failed',
  FAILED: 'failed',
  REFUSED: 'refused',
  BLOCKED: 'refused',
  SELF_BLOCKED: 'refused',
  TIMEOUT: 'timeout',
  DISCONNECTED: 'disconnected',
  ABORTED: 'abandoned',
}

/** The result of a request that the load balancer aborted. */
export function resultOfFailure(failure: FailureName): Result {
  if (failure === 'RESPONSE_TIMEOUT') return 'timeout'
  return failure === 'INVALID_RESPONSE' ? 'failed' : 'abandoned'
}

export function outcomeOf(result: Result, report: Report | undefined): Outcome {
  if (report === undefined) return { result }
  return { result, ...report }
}
