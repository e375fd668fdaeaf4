/** The facts that the log has about a failed request. Pure. */
import type { ResetCode } from '@resumelb/protocol'
import type { TroubledRequest } from '../events.ts'
import { failures } from '../http/failures.ts'
import type { BalancingOptions } from '../options.ts'

/** Maximum number of characters of a URL in the log. */
const maxUrlLength = 500

/** The facts of a line of the log. */
export function failureFacts(
  failed: TroubledRequest,
  options: Required<BalancingOptions>,
): Record<string, unknown> {
  const { id, requestClass, worker, attempts, reason: failure } = failed
  const { method, url = '' } = failed.request
  return {
    failure,
    reason: reasonOf(failed, options),
    request: id,
    method,
    url: url.length > maxUrlLength ? `${url.slice(0, maxUrlLength)}…` : url,
    requestClass,
    worker,
    attempts,
  }
}

const lossReasons: Readonly<Record<ResetCode, string>> = {
  CANCELLED: 'the worker cancelled the request',
  FAILED: 'the worker aborted the response',
  REFUSED: 'every worker that was tried refused the request',
  BLOCKED: 'requests of other classes take too long at every worker that was tried',
  SELF_BLOCKED: 'requests of its class take too long at every worker that was tried',
  TIMEOUT: 'the worker took too long',
  ABORTED: 'the application closed the connection',
  DISCONNECTED: 'the connection to the worker was lost',
}

/** One sentence; it names the option if a limit was reached. */
function reasonOf(
  { reason: failure, reset }: TroubledRequest,
  {
    maxWaiting,
    classLimit,
    waitTimeout,
    responseTimeout,
    clientTimeout,
  }: Required<BalancingOptions>,
): string {
  switch (failure) {
    case 'QUEUE_FULL':
      return waitTimeout === 0
        ? 'no worker is available, and --wait-timeout is 0'
        : `${maxWaiting} requests are already waiting for a worker (--max-waiting)`
    case 'CLASS_LIMIT':
      return `${classLimit} requests of the class were in progress (--class-limit)`
    case 'NO_WORKER':
      return `no worker was available for ${waitTimeout / 1000} s (--wait-timeout)`
    case 'RESPONSE_TIMEOUT':
      return `no response began within ${responseTimeout / 1000} s (--response-timeout)`
    case 'CLIENT_TIMEOUT':
      return `the client's connection was idle for ${clientTimeout / 1000} s (--client-timeout)`
    case 'DRAIN_TIMEOUT':
      return 'the load balancer was stopped before the response was complete'
    case 'REFUSED':
    case 'WORKER_LOST':
      return reset === undefined ? failures[failure].message : lossReasons[reset]
    default:
      return failures[failure].message
  }
}
