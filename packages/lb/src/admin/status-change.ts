/**
 * What has changed between two statuses, so that clients of the event stream need not get all each
 * second. Pure.
 */
import type { AdminStatus, Incident, StatusChange } from './status-document.ts'

/** `incidents` are those that have happened in between. */
export function changeBetween(
  before: AdminStatus,
  after: AdminStatus,
  incidents: readonly Incident[],
): StatusChange {
  const workers = compare(before.workers, after.workers, ({ address }) => address)
  const classes = compare(before.classes, after.classes, ({ name }) => name)
  return {
    time: after.time,
    balancer: after.balancer,
    workers: workers.changed,
    workersGone: workers.gone,
    classes: classes.changed,
    classesGone: classes.gone,
    incidents,
  }
}

function compare<Row>(
  before: readonly Row[],
  after: readonly Row[],
  keyOf: (row: Row) => string,
): { readonly changed: Row[]; readonly gone: string[] } {
  const known = new Map(before.map((row) => [keyOf(row), JSON.stringify(row)]))
  const changed: Row[] = []
  for (const row of after) {
    const key = keyOf(row)
    if (known.get(key) !== JSON.stringify(row)) changed.push(row)
    known.delete(key)
  }
  return { changed, gone: [...known.keys()] }
}
