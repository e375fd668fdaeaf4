/** The status of a load balancer, in the format of zc.resumelb's status server. Pure. */
import type { RequestInProgress } from '../events.ts'
import { oldestRequests } from './oldest-requests.ts'

/**
 * A worker: its name; requests in progress; their recent mean; the arrival time of the oldest one
 * in seconds since 1970, or null if there is none.
 */
export type WorkerRow = readonly [
  name: string,
  backlog: number,
  meanBacklog: number,
  oldest: number | null,
]

/** A worker: its name; bytes that wait to be sent on its connection. */
export type QueueRow = readonly [name: string, unsent: number]

/** One document of the status server. */
export interface Status {
  /** Requests in progress at all workers. */
  readonly backlog: number
  /** The sum of the workers' means. */
  readonly mean_backlog: number
  /**
   * For each worker: its name; its requests in progress; their recent mean; the arrival time of the
   * oldest one in seconds since 1970, or null if there is none.
   */
  readonly workers: readonly WorkerRow[]
  /** For each worker: its name; bytes that wait to be sent on its connection. */
  readonly workers_ex: readonly QueueRow[]
}

/** Seconds over which a mean decays to 1/e. */
const meanTime = 10

/** Keeps the means between two samples. */
export class StatusBoard {
  #means: Map<string, number> = new Map()
  #lookedAt: number | undefined

  /** Samples the requests in progress; `now` is in milliseconds of the clock. */
  look(workers: Iterable<string>, requests: Iterable<RequestInProgress>, now: number): void {
    this.#update(backlogsOf(workers, requests), now)
  }

  /**
   * `workers` has the number of bytes that wait to be sent to each worker; `since1970` is `now` in
   * seconds since 1970.
   */
  status(
    workers: ReadonlyMap<string, number>,
    requests: Iterable<RequestInProgress>,
    { now, since1970 }: { now: number; since1970: number },
  ): Status {
    const backlogs = backlogsOf(workers.keys(), requests)
    this.#update(backlogs, now)
    const oldest = oldestRequests(requests)
    const rows = [...backlogs].map(([name, backlog]): WorkerRow => {
      const at = oldest.get(name)
      const since = at === undefined ? null : since1970 - (now - at) / 1000
      return [name, backlog, this.#means.get(name) ?? 0, since]
    })
    return {
      backlog: rows.reduce((sum, [, backlog]) => sum + backlog, 0),
      mean_backlog: rows.reduce((sum, [, , mean]) => sum + mean, 0),
      workers: rows.sort(byName),
      workers_ex: [...workers].sort(byName),
    }
  }

  #update(backlogs: ReadonlyMap<string, number>, now: number): void {
    const passed = (now - (this.#lookedAt ?? now)) / 1000
    const weight = 1 - Math.exp(-passed / meanTime)
    const means = new Map<string, number>()
    for (const [name, backlog] of backlogs) {
      const mean = this.#means.get(name) ?? 0
      means.set(name, mean + weight * (backlog - mean))
    }
    this.#means = means
    this.#lookedAt = now
  }
}

function byName([one]: readonly [string, ...unknown[]], [other]: readonly [string, ...unknown[]]) {
  return one < other ? -1 : 1
}

/** Requests in progress at each of these workers, upgraded connections included. */
function backlogsOf(
  workers: Iterable<string>,
  requests: Iterable<RequestInProgress>,
): Map<string, number> {
  const backlogs = new Map<string, number>()
  for (const name of workers) backlogs.set(name, 0)
  for (const { worker } of requests) {
    const backlog = backlogs.get(worker)
    if (backlog !== undefined) backlogs.set(worker, backlog + 1)
  }
  return backlogs
}
