/** What clients of the event stream do with a change. Pure. */
import type { AdminStatus, StatusChange } from './status-document.ts'

/** Incidents that a client keeps. */
export const maxKeptIncidents = 100

/**
 * The status after a change. Rows that have not changed are the same objects as before, in the same
 * order; new ones come last.
 */
export function statusAfter(before: AdminStatus, change: StatusChange): AdminStatus {
  const { time, balancer, workersGone, classesGone } = change
  return {
    time,
    balancer,
    workers: replaced(before.workers, change.workers, workersGone, ({ address }) => address),
    classes: replaced(before.classes, change.classes, classesGone, ({ name }) => name),
    incidents: [...before.incidents, ...change.incidents].slice(-maxKeptIncidents),
  }
}

function replaced<Row>(
  rows: readonly Row[],
  changed: readonly Row[],
  gone: readonly string[],
  keyOf: (row: Row) => string,
): Row[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  for (const row of changed) byKey.set(keyOf(row), row)
  for (const key of gone) byKey.delete(key)
  return [...byKey.values()]
}
