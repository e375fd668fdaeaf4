/** Heeds what workers say of themselves, over any policy. */
import { withReason } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type {
  Assignment,
  Pool,
  Reason,
  WorkerSummary,
  WorkerTraits,
  WorkerUpdate,
} from '../pool.ts'
import { type GivenSettings, resolveSettings, type Settings } from '../settings.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

export const statesSettings = {
  warmingShare: {
    default: 0.25,
    min: 0.001,
    max: 1,
    help: 'Maximum load of a warming worker, as a fraction of an even share of the requests.',
  },
} as const

/** How a worker takes part. */
type Part = 'active' | 'warming' | 'warmingUp' | 'standby' | 'unready' | 'unresponsive' | 'draining'

/**
 * Keeps requests from workers that are draining or unresponsive, and all but a few from those that
 * are warming up. Those that warm themselves up get none while at least as many others can take
 * requests: when all have been restarted, the first that is ready must not get everything. Those
 * that are about to leave get only requests of the classes that they keep. Workers on standby get
 * requests while none of the others can take them, and those that are not ready while no worker on
 * standby can either. A request with a session may also go to a draining worker that takes such
 * requests, if it must not go to any other. The policy below sees all workers all the time, and is
 * given those to avoid: it forgets nothing when a state changes.
 */
export class StatesPool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #parts = new Map<Worker, Part>()
  readonly #draining = new Set<Worker>()
  readonly #standby = new Set<Worker>()
  readonly #unready = new Set<Worker>()
  /** Workers that warm themselves up. */
  readonly #warmingUp = new Set<Worker>()
  /** Workers that are about to leave, with the classes that they still take. */
  readonly #leaving = new Map<Worker, ReadonlySet<string>>()
  readonly #unresponsive = new Set<Worker>()
  /** Draining or unresponsive workers that take no requests at all, not even of sessions. */
  readonly #closed = new Set<Worker>()
  /**
   * Warming workers that have had their share, with the turn at which they may have more; in that
   * order.
   */
  readonly #resting = new Map<Worker, number>()
  #activeCount = 0
  /** Grows by the part of an even share that each warming worker has earned. */
  #turn = 0
  #settings: Settings<typeof statesSettings>

  constructor(create: PoolFactory<Worker>, settings: GivenSettings = {}) {
    this.#settings = resolveSettings(statesSettings, settings)
    this.#pool = create()
  }

  get backlog(): number {
    return this.#pool.backlog
  }

  get size(): number {
    return this.#parts.size - this.#draining.size
  }

  updateSettings(settings: GivenSettings): void {
    const resolved = resolveSettings(statesSettings, settings)
    this.#pool.updateSettings(settings)
    this.#settings = resolved
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    const { traits } = news
    if (traits !== undefined) {
      const part = partOf(traits)
      this.#setPart(worker, part)
      const takesNothing = part === 'draining' && !traits.takesSessions
      toggle(this.#closed, worker, takesNothing || traits.unresponsive === true)
      if (traits.keeps === undefined) this.#leaving.delete(worker)
      else this.#leaving.set(worker, traits.keeps)
    }
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setPart(worker, undefined)
    this.#closed.delete(worker)
    this.#leaving.delete(worker)
    this.#pool.remove(worker, now)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#pool.summaries?.(now)?.filter(({ worker }) => {
      const part = this.#parts.get(worker)
      return part === 'active' || part === 'warmingUp'
    })
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    if (this.#activeCount === this.#parts.size && this.#leaving.size === 0) {
      return this.#pool.assign(pick, now, avoid)
    }
    const turn = this.#nextTurn
    for (const barred of this.#attempts(pick, avoid, this.#restingAt(turn))) {
      const assignment = this.#pool.assign(pick, now, barred)
      if (assignment === undefined) continue
      this.#wake(turn)
      this.#rest(assignment.worker)
      const reason = this.#reserveOf(assignment.worker)
      return reason === undefined ? assignment : withReason(assignment, reason)
    }
    return undefined
  }

  /** The kind of reserve that the worker is in, if it is in one. */
  #reserveOf(worker: Worker): Reason | undefined {
    const part = this.#parts.get(worker)
    return part === 'standby' || part === 'unready' ? part : undefined
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const resting = this.#restingAt(this.#nextTurn)
    let explanation: Explanation<Worker> | undefined
    for (const barred of this.#attempts(pick, avoid, resting)) {
      explanation = this.#pool.explain?.(pick, now, barred)
      if (explanation?.chosen !== undefined) break
    }
    if (explanation === undefined) return undefined
    explanation = withRole(explanation, resting, 'warming')
    if (this.#spared) explanation = withRole(explanation, this.#spared, 'warming')
    explanation = withRole(explanation, this.#standby, 'standby')
    explanation = withRole(explanation, this.#unready, 'unready')
    explanation = withRole(explanation, this.#unresponsive, 'unresponsive')
    const { chosen } = explanation
    const left = [...this.#draining].filter((worker) => worker !== chosen)
    return withRole(explanation, new Set(left), 'draining')
  }

  /** Whom the policy is to avoid, at the first attempt and at those after it. */
  *#attempts(
    { requestClass, session, mustBeHealthy }: PickArgs,
    avoid: ReadonlySet<Worker> | undefined,
    resting: ReadonlySet<Worker>,
  ): Iterable<ReadonlySet<Worker> | undefined> {
    const draining = union(this.#draining, this.#unresponsive)
    const standby = this.#standby
    const unready = this.#unready
    const spared = union(this.#spared, this.#leavingWithout(requestClass))
    if (this.#activeCount > 0) yield union(avoid, draining, unready, standby, spared, resting)
    if (spared) yield union(avoid, draining, unready, standby, spared)
    yield union(avoid, draining, unready, standby)
    if (standby.size > 0) yield union(avoid, draining, unready)
    if (unready.size > 0 && !mustBeHealthy) yield union(avoid, draining)
    const isAnyOpen = this.#closed.size < this.#draining.size + this.#unresponsive.size
    if (session !== undefined && isAnyOpen) yield union(avoid, this.#closed)
  }

  /** Workers that get nothing because they warm themselves up, if there are any. */
  get #spared(): ReadonlySet<Worker> | undefined {
    const warmingUp = this.#warmingUp
    return warmingUp.size > 0 && warmingUp.size <= this.#activeCount ? warmingUp : undefined
  }

  /** Workers that are about to leave and take no requests of the class any more. */
  #leavingWithout(requestClass: string): ReadonlySet<Worker> | undefined {
    if (this.#leaving.size === 0) return undefined
    const leaving = [...this.#leaving].filter(([, keeps]) => !keeps.has(requestClass))
    return new Set(leaving.map(([worker]) => worker))
  }

  /** Warming workers that have had their share at this turn. */
  #restingAt(turn: number): ReadonlySet<Worker> {
    const resting = new Set<Worker>()
    for (const [worker, due] of this.#resting) if (due > turn) resting.add(worker)
    return resting
  }

  /** Goes on to a turn, and forgets those that have earned another request by then. */
  #wake(turn: number): void {
    if (this.#resting.size === 0) return
    this.#turn = turn
    for (const [worker, due] of this.#resting) {
      if (due > turn) return
      this.#resting.delete(worker)
    }
  }

  get #nextTurn(): number {
    return this.#turn + this.#settings.warmingShare / this.size
  }

  #rest(worker: Worker): void {
    if (this.#parts.get(worker) !== 'warming') return
    this.#resting.delete(worker)
    this.#resting.set(worker, this.#turn + 1)
  }

  #setPart(worker: Worker, part: Part | undefined): void {
    const before = this.#parts.get(worker)
    if (part === before) return
    if (part === undefined) this.#parts.delete(worker)
    else this.#parts.set(worker, part)
    if (before === 'active') this.#activeCount--
    if (part === 'active') this.#activeCount++
    this.#resting.delete(worker)
    toggle(this.#draining, worker, part === 'draining')
    toggle(this.#standby, worker, part === 'standby')
    toggle(this.#unready, worker, part === 'unready')
    toggle(this.#warmingUp, worker, part === 'warmingUp')
    toggle(this.#unresponsive, worker, part === 'unresponsive')
  }
}

function partOf(traits: WorkerTraits): Part {
  if (traits.state === 'draining') return 'draining'
  if (traits.unresponsive) return 'unresponsive'
  if (traits.state === 'unready') return 'unready'
  if (traits.standby) return 'standby'
  if (traits.state !== 'warming') return 'active'
  return traits.warmsUp ? 'warmingUp' : 'warming'
}

function toggle<Element>(set: Set<Element>, element: Element, isIn: boolean): void {
  if (isIn) set.add(element)
  else set.delete(element)
}
