/** When the oldest request of each worker came. Pure. */
import type { RequestInProgress } from '../events.ts'

/**
 * By the address of the worker, in milliseconds of the clock; the empty address has the requests
 * that no worker has had. Upgraded connections are left out: an old one is no request that hangs.
 */
export function oldestRequests(requests: Iterable<RequestInProgress>): Map<string, number> {
  const oldest = new Map<string, number>()
  for (const { worker, startedAt, isUpgraded } of requests) {
    if (isUpgraded) continue
    oldest.set(worker, Math.min(oldest.get(worker) ?? startedAt, startedAt))
  }
  return oldest
}
