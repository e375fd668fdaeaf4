/** `resumelb-ctl top`: a live view, which is drawn again as events come. */
import type { AdminStatus, StatusChange } from '../../admin/status-document.ts'
import type { AdminClient } from './client.ts'
import { classesText, statusText, workersText } from './text.ts'

/** Moves the cursor to the upper left corner and clears what is below. */
const clear = '\u001b[H\u001b[J'

/** Shows so many classes. Rejects with an AdminError when the load balancer ends the stream. */
export function top(
  client: AdminClient,
  print: (text: string) => void,
  classes: number,
): Promise<never> {
  let status: AdminStatus | undefined
  return client.watch(`/events?classes=${classes}`, (name, data) => {
    if (name === 'status') status = data as AdminStatus
    else if (name === 'change' && status) status = changed(status, data as StatusChange)
    if (status !== undefined) print(`${clear}${viewOf(status)}`)
  })
}

function viewOf(status: AdminStatus): string {
  return [statusText(status), workersText(status), classesText(status)].join('\n\n')
}

/** The status after a change. */
export function changed(status: AdminStatus, change: StatusChange): AdminStatus {
  const { time, balancer, workersGone, classesGone } = change
  return {
    time,
    balancer,
    workers: replace(status.workers, change.workers, workersGone, ({ address }) => address).sort(
      (one, other) => (one.address < other.address ? -1 : 1),
    ),
    classes: replace(status.classes, change.classes, classesGone, ({ name }) => name).sort(
      (one, other) => other.requestsPerSecond - one.requestsPerSecond,
    ),
    incidents: [...status.incidents, ...change.incidents].slice(-100),
  }
}

function replace<Row>(
  rows: readonly Row[],
  changes: readonly Row[],
  gone: readonly string[],
  keyOf: (row: Row) => string,
): Row[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  for (const key of gone) byKey.delete(key)
  for (const row of changes) byKey.set(keyOf(row), row)
  return [...byKey.values()]
}
