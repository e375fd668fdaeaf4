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

/** The outcome of a request whose worker reset the stream. */
export const outcomesOfResets: Readonly<Record<ResetCode, Outcome>> = {
  CANCELLED: { result: 'failed' },
  FAILED: { result: 'failed' },
  REFUSED: { result: 'refused' },
  BLOCKED: { result: 'refused', waitedFor: 'others' },
  SELF_BLOCKED: { result: 'refused', waitedFor: 'own' },
  TIMEOUT: { result: 'timeout' },
  DISCONNECTED: { result: 'disconnected' },
  ABORTED: { result: 'abandoned' },
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
