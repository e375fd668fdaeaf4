/** `resumelb-ctl top`: a live view, which is drawn again as events come. */
import { statusAfter } from '../../admin/status-change.ts'
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

/** The status after a change, in the order of the view. */
export function changed(before: AdminStatus, change: StatusChange): AdminStatus {
  const after = statusAfter(before, change)
  return {
    ...after,
    workers: [...after.workers].sort((one, other) => (one.address < other.address ? -1 : 1)),
    classes: [...after.classes].sort(
      (one, other) => other.requestsPerSecond - one.requestsPerSecond,
    ),
  }
}
