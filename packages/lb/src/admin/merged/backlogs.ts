/** Makes one document of the status server of those of several processes. Pure. */
import type { QueueRow, Status, WorkerRow } from '../status.ts'

export function mergedBacklogs(all: readonly Status[]): Status {
  const workers = new Map<string, WorkerRow>()
  const queues = new Map<string, QueueRow>()
  for (const status of all) {
    for (const row of status.workers) {
      const known = workers.get(row[0])
      workers.set(row[0], known === undefined ? row : added(known, row))
    }
    for (const [name, unsent] of status.workers_ex) {
      queues.set(name, [name, (queues.get(name)?.[1] ?? 0) + unsent])
    }
  }
  return {
    backlog: all.reduce((sum, { backlog }) => sum + backlog, 0),
    mean_backlog: all.reduce((sum, status) => sum + status.mean_backlog, 0),
    workers: [...workers.values()].sort(byName),
    workers_ex: [...queues.values()].sort(byName),
  }
}

function added(
  [name, backlog, mean, oldest]: WorkerRow,
  [, moreBacklog, moreMean, otherOldest]: WorkerRow,
): WorkerRow {
  const first = Math.min(
    oldest ?? Number.POSITIVE_INFINITY,
    otherOldest ?? Number.POSITIVE_INFINITY,
  )
  return [
    name,
    backlog + moreBacklog,
    mean + moreMean,
    first === Number.POSITIVE_INFINITY ? null : first,
  ]
}

function byName([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]) {
  return one < other ? -1 : 1
}
