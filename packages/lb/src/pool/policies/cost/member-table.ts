/** What the cost pool keeps of workers besides their skills, packed. */
import type { OthersLoad } from '@resumelb/protocol'
import { weightOf } from '../../capacity.ts'
import type { WorkerTraits } from '../../pool.ts'
import { Column, Rows } from '../../structures/rows.ts'
import { CachePressures } from './cache-pressures.ts'
import { backlogTau } from './cost-settings.ts'
import { fade } from './estimate.ts'
import { FailureRates } from './failure-rates.ts'
import { PeerLoads } from './peer-loads.ts'
import { Silences } from './silences.ts'

/**
 * A worker's caches overflow within seconds, and some of its requests are slow anyhow: those of a
 * class whose first requests have not loaded all that it needs.
 */
const pressureSettings = { learning: 0.01, fullShare: 0.05, initialShare: 0 }

/**
 * Only requests of classes that should be loaded by now. Twice as many of them as above, since what
 * follows from it is not taken back at once.
 */
const overflowSettings = { learning: 0.005, fullShare: 0.05, initialShare: 0 }

/**
 * The columns of a member:
 *
 * - `inProgress`: our requests that are work. Upgraded connections are none.
 * - `work`: estimated seconds of these, each counted from beginning to end.
 * - `beginnings`: when those that run began, as a sum over them; `inProgress` says how many run.
 * - `meanBacklog`: requests in progress over the last second, the other balancers' included, as
 *   of `meanAt`.
 */
const column = {
  concurrency: 0,
  weight: 1,
  inProgress: 2,
  work: 3,
  beginnings: 4,
  meanBacklog: 5,
  meanAt: 6,
} as const

/** How much the members of a list have to do. */
export interface Load {
  /** By place in the list: requests in progress ÷ capacity. */
  readonly backlogs: Float64Array
  /** Mean requests in progress per slot, and mean part of the slots that are busy. */
  backlog: number
  busy: number
}

/**
 * The work in progress at each member, its failures, its caches. Members go by their numbers. A
 * pick looks at half a dozen of perhaps a thousand members, and as one row of numbers each is
 * fetched at once, where an object with its fields was a dozen fetches from memory.
 */
export class MemberTable {
  readonly failures: FailureRates = new FailureRates()
  readonly cachePressures: CachePressures = new CachePressures(pressureSettings)
  /** How much caches lose of classes that have been loaded. */
  readonly overflows: CachePressures = new CachePressures(overflowSettings)
  readonly #rows = new Rows()
  /** The last search that has looked at the member. */
  readonly #marks = new Column()
  readonly #others = new PeerLoads()
  readonly #silences = new Silences()
  readonly #free: number[] = []
  #used = 0

  /** Adds a member without work. Returns its number. */
  add(traits: WorkerTraits, now: number): number {
    const member = this.#free.pop() ?? this.#used++
    this.#rows.reserve(member)
    this.#rows.clear(member)
    this.#marks.reserve(member)
    this.#rows.set(member, column.meanAt, now)
    this.failures.reset(member)
    this.cachePressures.reset(member)
    this.overflows.reset(member)
    this.#others.reset(member, now)
    this.#silences.reset(member)
    this.setTraits(member, traits)
    return member
  }

  /** Forgets the member. Its number goes to another one. */
  remove(member: number): void {
    this.#free.push(member)
  }

  setTraits(member: number, traits: WorkerTraits): void {
    this.#rows.set(member, column.concurrency, traits.concurrency)
    this.#rows.set(member, column.weight, weightOf(traits))
  }

  /** Takes in what the worker says the other balancers have in progress there. */
  setOthers(member: number, others: OthersLoad, now: number): void {
    this.#averageBacklog(member, now)
    this.#others.set(member, others, now)
  }

  /** Slots, each of them counted as often as the worker's capacity says. */
  weight(member: number): number {
    return this.#rows.get(member, column.weight)
  }

  /** Marks the member as visited by that search; returns whether it was not yet. */
  visit(member: number, search: number): boolean {
    if (this.#marks.get(member) === search) return false
    this.#marks.set(member, search)
    return true
  }

  /**
   * Seconds until a new request would be begun, as far as one can tell. `predictability` is the
   * part of the time spent on running requests that is believed to be missing from what is left.
   */
  wait(member: number, now: number, predictability: number): number {
    const others = this.#othersSeconds(member, now)
    const work = this.#rows.get(member, column.work)
    const own = work - predictability * this.#workDone(member, now, others)
    return (own + others) / this.weight(member) + this.#overdue(member, now, others)
  }

  /**
   * Seconds for which our running requests have run, at most what they are estimated to take.
   * Beside `others` seconds of work that are not ours, only as much of that may be ours.
   */
  #workDone(member: number, now: number, others: number): number {
    const rows = this.#rows
    const work = rows.get(member, column.work)
    if (work === 0) return 0
    const inProgress = rows.get(member, column.inProgress)
    const running = Math.min(inProgress, rows.get(member, column.concurrency))
    const run = running * now - rows.get(member, column.beginnings)
    const done = Math.min(run, (work * running) / inProgress)
    return (done * work) / (work + others)
  }

  /**
   * How much fuller than usual the worker's slots are: (1 + backlog) ÷ (1 + mean backlog) − 1.
   * Where requests share a processor, they take as much longer. 0 if there is one slot: no one
   * shares it.
   */
  crowding(member: number, now: number): number {
    const most = this.#rows.get(member, column.concurrency) - 1
    if (most === 0) return 0
    const mean = this.#meanBacklog(member, now)
    return (1 + Math.min(this.#backlog(member, now), most)) / (1 + Math.min(mean, most)) - 1
  }

  /**
   * Seconds by which the worker has been silent for longer than its work explains. They count as
   * wait: what has taken too long will, for all one knows, take as long again.
   */
  overdue(member: number, now: number): number {
    return this.#overdue(member, now, this.#othersSeconds(member, now))
  }

  #overdue(member: number, now: number, others: number): number {
    if (!this.#silences.owes(member)) return 0
    return this.#silences.overdue(member, now, others / this.#rows.get(member, column.concurrency))
  }

  /** Mean requests in progress per slot over the last second, the other balancers' included. */
  meanBacklogPerSlot(member: number, now: number): number {
    return this.#meanBacklog(member, now) / this.weight(member)
  }

  /**
   * What a wasted second costs there, in seconds: as many requests per slot wait for it as usual, or
   * as now if these are more, since where a queue grows its mean lags behind. Twice as much where
   * caches are full, since what is driven out has to be loaded again.
   */
  priceOfWaste(member: number, now: number): number {
    const backlog = Math.max(this.#meanBacklog(member, now), this.#backlog(member, now))
    return (backlog / this.weight(member)) * (1 + this.cachePressures.at(member))
  }

  /** A request begins that is estimated to take `seconds`, and would take `cold` if it is cold. */
  begin(member: number, seconds: number, cold: number, now: number): void {
    this.#averageBacklog(member, now)
    const rows = this.#rows
    const inProgress = rows.get(member, column.inProgress)
    rows.set(member, column.work, rows.get(member, column.work) + seconds)
    if (inProgress < rows.get(member, column.concurrency)) {
      rows.set(member, column.beginnings, rows.get(member, column.beginnings) + now)
    }
    rows.set(member, column.inProgress, inProgress + 1)
    this.#silences.begin(member, cold, now)
  }

  /** `seconds` of the estimated work of a request in progress are done. */
  progress(member: number, seconds: number): void {
    const work = this.#rows.get(member, column.work)
    this.#rows.set(member, column.work, Math.max(0, work - seconds))
  }

  /** A request of that `cold` estimate need no longer be answered. `isAlive`: because it was. */
  answer(member: number, cold: number, now: number, isAlive: boolean): void {
    this.#silences.answer(member, cold, now, isAlive)
  }

  /**
   * A request ends, or becomes an upgraded connection, which is no work. `seconds` as when it
   * began.
   */
  end(member: number, seconds: number, now: number): void {
    this.#averageBacklog(member, now)
    const rows = this.#rows
    const inProgress = rows.get(member, column.inProgress)
    // Of an idle worker nothing is left to be done, whatever rounding says.
    const work = inProgress <= 1 ? 0 : Math.max(0, rows.get(member, column.work) - seconds)
    rows.set(member, column.work, work)
    rows.set(member, column.beginnings, this.#beginningsAfterOne(member, inProgress, now))
    rows.set(member, column.inProgress, inProgress - 1)
  }

  /**
   * One of the running requests ends, we do not know since when it ran; the next in line begins.
   */
  #beginningsAfterOne(member: number, inProgress: number, now: number): number {
    const concurrency = this.#rows.get(member, column.concurrency)
    const running = Math.min(inProgress, concurrency)
    if (running <= 1) return inProgress > concurrency ? now : 0
    const others = this.#rows.get(member, column.beginnings) * (1 - 1 / running)
    return inProgress > concurrency ? others + now : others
  }

  /** To be called before the backlog changes, ours or the others'. */
  #averageBacklog(member: number, now: number): void {
    this.#rows.set(member, column.meanBacklog, this.#meanBacklog(member, now))
    this.#rows.set(member, column.meanAt, now)
  }

  #meanBacklog(member: number, now: number): number {
    const old = fade(now - this.#rows.get(member, column.meanAt), backlogTau)
    const mean = this.#rows.get(member, column.meanBacklog)
    return mean * old + this.#backlog(member, now) * (1 - old)
  }

  /** Puts into `load` what these members have to do, other balancers' requests included. */
  readLoad(members: Int32Array, now: number, load: Load): void {
    const { cells } = this.#rows
    const others = this.#others
    const { backlogs } = load
    let backlog = 0
    let busy = 0
    for (let place = 0; place < members.length; place++) {
      const member = members[place] as number
      const concurrency = cells[member * 8 + column.concurrency] as number
      const weight = cells[member * 8 + column.weight] as number
      const own = cells[member * 8 + column.inProgress] as number
      const requests = own + others.requests(member, now, concurrency)
      const perSlot = requests / weight
      backlogs[place] = (requests * concurrency) / weight
      backlog += perSlot
      busy += Math.min(1, perSlot)
    }
    load.backlog = backlog / members.length
    load.busy = busy / members.length
  }

  #backlog(member: number, now: number): number {
    const concurrency = this.#rows.get(member, column.concurrency)
    const others = this.#others.requests(member, now, concurrency)
    return this.#rows.get(member, column.inProgress) + others
  }

  #othersSeconds(member: number, now: number): number {
    return this.#others.seconds(member, now, this.#rows.get(member, column.concurrency))
  }
}
