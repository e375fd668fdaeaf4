/** How busy the workers of a pool are together. */
import { fade } from './estimate.ts'
import type { Load, MemberTable } from './member-table.ts'

/** Time constants of the mean backlog and of the busy part of all workers, in seconds. */
const backlogMemory = 10
const busyMemory = 60

/** The busy part is taken for this at most: all that comes in the long run must be served. */
const maxBusy = 0.97

/** What counts of a look. The time is in seconds. */
interface Means {
  at: number
  meanBacklog: number
  meanBusy: number
}

/** The load of all members, now and in the mean over the requests that came before. */
export class FleetLoad {
  readonly #table: MemberTable
  #members: Int32Array = new Int32Array(0)
  #load: Load = loadOf(0)
  readonly #seen: Means = newMeans()
  /** As of the last look that was kept. */
  readonly #kept: Means = newMeans()

  constructor(table: MemberTable) {
    this.#table = table
  }

  /** By place in the list of members: requests in progress ÷ capacity, as of the last look. */
  get backlogs(): Float64Array {
    return this.#load.backlogs
  }

  /** As of the last look. See `SizeSearch`. */
  get busyness(): number {
    const { meanBacklog, meanBusy } = this.#seen
    const busy = Math.min(meanBusy, maxBusy)
    return (Math.max(meanBacklog, this.#load.backlog) * busy) / (1 - busy)
  }

  /** Sets the list of members, by their numbers. */
  setMembers(members: Int32Array): void {
    this.#members = members
    this.#load = loadOf(members.length)
  }

  /** Looks at all members. */
  look(now: number): void {
    const load = this.#load
    const kept = this.#kept
    const seen = this.#seen
    this.#table.readLoad(this.#members, now, load)
    const age = now - kept.at
    seen.at = now
    seen.meanBacklog = drawn(kept.meanBacklog, load.backlog, age, backlogMemory)
    seen.meanBusy = drawn(kept.meanBusy, load.busy, age, busyMemory)
  }

  /**
   * Lets the last look count in the means. Requests find the workers as they are in the mean, so
   * that it is enough to look when one comes.
   */
  keep(): void {
    const { at, meanBacklog, meanBusy } = this.#seen
    this.#kept.at = at
    this.#kept.meanBacklog = meanBacklog
    this.#kept.meanBusy = meanBusy
  }
}

/** The mean after so many seconds in which the value was as it is now. */
function drawn(mean: number, value: number, age: number, memory: number): number {
  return mean + (1 - fade(age, memory)) * (value - mean)
}

function newMeans(): Means {
  return { at: Number.NEGATIVE_INFINITY, meanBacklog: 0, meanBusy: 0 }
}

function loadOf(members: number): Load {
  return { backlogs: new Float64Array(members), backlog: 0, busy: 0 }
}
