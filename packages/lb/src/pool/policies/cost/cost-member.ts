/** What the cost pool keeps of a worker besides its skills. */
import type { OthersLoad } from '@resumelb/protocol'
import { weightOf } from '../../capacity.ts'
import type { Member } from '../../members.ts'
import type { WorkerTraits } from '../../pool.ts'
import type { SlotHolder } from '../../structures/rendezvous-table.ts'
import { CachePressure } from './cache-pressure.ts'
import { backlogTau } from './cost-settings.ts'
import { fade } from './estimate.ts'
import { FailureRate } from './failure-rate.ts'
import { PeerLoad } from './peer-load.ts'

/**
 * A worker may be silent for this many times what its requests would take cold. Twice, because
 * times vary; cold, because a cache may have lost what the résumé remembers.
 */
const patience = 2

/**
 * A worker's caches overflow within seconds, and some of its requests are slow anyhow: those of a
 * class whose first requests have not loaded all that it needs.
 */
const pressureSettings = { learning: 0.01, fullShare: 0.05, initialShare: 0 }

/** One worker, its work in progress and its failures. */
export class CostMember<Worker> implements Member<Worker>, SlotHolder {
  readonly worker: Worker
  /** In the skill table, while it is present. */
  number = 0
  traits: WorkerTraits
  backlog = 0
  present = true
  readonly failures: FailureRate = new FailureRate()
  readonly cachePressure: CachePressure = new CachePressure(pressureSettings)
  /** The last search that has looked at it. */
  mark = 0
  /** Estimated seconds of our unfinished requests, each counted from beginning to end. */
  #work = 0
  /** When our running requests began, as a sum over them; how many run is known by the backlog. */
  #beginnings = 0
  /** Requests of the backlog that are upgraded connections: they are no work in progress. */
  #upgraded = 0
  #meanBacklog = 0
  #meanBacklogAt: number
  readonly #others: PeerLoad
  /** Requests whose response has not begun, and what they would take cold. */
  #unanswered = 0
  #unansweredSeconds = 0
  /** Since when the worker, having unanswered requests, has given no sign of life. */
  #silentSince = 0

  constructor(worker: Worker, traits: WorkerTraits, now: number) {
    this.worker = worker
    this.traits = traits
    this.#meanBacklogAt = now
    this.#others = new PeerLoad(now)
  }

  get key(): string {
    return this.traits.key
  }

  get weight(): number {
    return weightOf(this.traits)
  }

  /** Takes in what the worker says the other balancers have in progress there. */
  setOthers(others: OthersLoad, now: number): void {
    this.#averageBacklog(now)
    this.#others.set(others, now)
  }

  /**
   * Seconds until a new request would be begun, as far as one can tell. `predictability` is the
   * part of the time spent on running requests that is believed to be missing from what is left.
   */
  wait(now: number, predictability: number): number {
    const { concurrency } = this.traits
    const others = this.#others.seconds(now, concurrency)
    const own = this.#work - predictability * this.#workDone(now, others)
    return (own + others) / this.weight + this.overdue(now)
  }

  /**
   * Seconds for which our running requests have run, at most what they are estimated to take.
   * Beside `others` seconds of work that are not ours, only as much of that may be ours.
   */
  #workDone(now: number, others: number): number {
    if (this.#work === 0) return 0
    const inProgress = this.#inProgress
    const running = Math.min(inProgress, this.traits.concurrency)
    const done = Math.min(running * now - this.#beginnings, (this.#work * running) / inProgress)
    return (done * this.#work) / (this.#work + others)
  }

  /**
   * How much fuller than usual the worker's slots are: (1 + backlog) ÷ (1 + mean backlog) − 1.
   * Where requests share a processor, they take as much longer. 0 if there is one slot: no one
   * shares it.
   */
  crowding(now: number): number {
    const most = this.traits.concurrency - 1
    if (most === 0) return 0
    const mean = this.#meanBacklogNow(now)
    return (1 + Math.min(this.#totalBacklog(now), most)) / (1 + Math.min(mean, most)) - 1
  }

  /**
   * Seconds by which the worker has been silent for longer than its work explains. They count as
   * wait: what has taken too long will, for all one knows, take as long again.
   */
  overdue(now: number): number {
    if (this.#unanswered === 0) return 0
    const { concurrency } = this.traits
    const others = this.#others.seconds(now, concurrency) / concurrency
    const expected = (patience * this.#unansweredSeconds) / this.#unanswered + others
    return Math.max(0, now - this.#silentSince - expected)
  }

  /** Mean requests in progress per slot over the last second, the other balancers' included. */
  meanBacklogPerSlot(now: number): number {
    return this.#meanBacklogNow(now) / this.weight
  }

  /**
   * What a wasted second costs there, in seconds: as many requests per slot wait for it as usual, or
   * as now if these are more, since where a queue grows its mean lags behind. Twice as much where
   * caches are full, since what is driven out has to be loaded again.
   */
  priceOfWaste(now: number): number {
    const backlog = Math.max(this.#meanBacklogNow(now), this.#totalBacklog(now))
    return (backlog / this.weight) * (1 + this.cachePressure.value)
  }

  /** A request begins that is estimated to take `seconds`, and would take `cold` if it is cold. */
  begin(seconds: number, cold: number, now: number): void {
    this.#averageBacklog(now)
    this.#work += seconds
    if (this.#inProgress < this.traits.concurrency) this.#beginnings += now
    if (this.#unanswered === 0) this.#silentSince = now
    this.#unanswered++
    this.#unansweredSeconds += cold
  }

  /** A request of that `cold` estimate need no longer be answered. `isAlive`: because it was. */
  answer(cold: number, now: number, isAlive: boolean): void {
    this.#unanswered--
    this.#unansweredSeconds = this.#unanswered === 0 ? 0 : this.#unansweredSeconds - cold
    if (isAlive) this.#silentSince = now
  }

  /** A request ends; to be called before the backlog falls. `seconds` as when it began. */
  end(seconds: number, now: number): void {
    this.#averageBacklog(now)
    // Of an idle worker nothing is left to be done, whatever rounding says.
    this.#work = this.#inProgress <= 1 ? 0 : Math.max(0, this.#work - seconds)
    this.#beginNext(now)
  }

  /** A request becomes an upgraded connection. `seconds` as when it began. */
  upgrade(seconds: number, now: number): void {
    this.end(seconds, now)
    this.#upgraded++
  }

  /** An upgraded connection is closed. */
  closeUpgraded(): void {
    this.#upgraded--
  }

  get #inProgress(): number {
    return this.backlog - this.#upgraded
  }

  /**
   * One of the running requests ends, we do not know since when it ran; the next in line begins.
   */
  #beginNext(now: number): void {
    const { concurrency } = this.traits
    const running = Math.min(this.#inProgress, concurrency)
    this.#beginnings = running <= 1 ? 0 : this.#beginnings * (1 - 1 / running)
    if (this.#inProgress > concurrency) this.#beginnings += now
  }

  /** To be called before the backlog changes, ours or the others'. */
  #averageBacklog(now: number): void {
    this.#meanBacklog = this.#meanBacklogNow(now)
    this.#meanBacklogAt = now
  }

  #meanBacklogNow(now: number): number {
    const old = fade(now - this.#meanBacklogAt, backlogTau)
    return this.#meanBacklog * old + this.#totalBacklog(now) * (1 - old)
  }

  /** Our requests in progress, and as many of the others' as there may be now. */
  #totalBacklog(now: number): number {
    return this.#inProgress + this.#others.requests(now, this.traits.concurrency)
  }
}
