/** Heeds what workers say of themselves, over any policy. */
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerTraits, WorkerUpdate } from '../pool.ts'
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
type Part = 'active' | 'warming' | 'standby' | 'draining'

/**
 * Keeps requests from workers that are draining, all but a few from those that are warming up, and
 * those on standby, and those that are not ready, in reserve. The policy below sees all workers all the time, and is told which to
 * avoid: it forgets nothing when a state changes.
 */
export class StatesPool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #parts = new Map<Worker, Part>()
  readonly #draining = new Set<Worker>()
  readonly #standby = new Set<Worker>()
  /** Warming workers that have had their share, with the turn at which they may have more; in that order. */
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
    if (news.traits !== undefined) this.#setPart(worker, partOf(news.traits))
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setPart(worker, undefined)
    this.#pool.remove(worker, now)
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    if (this.#activeCount === this.#parts.size) return this.#pool.assign(pick, now, avoid)
    this.#wake()
    for (const barred of this.#attempts(avoid, new Set(this.#resting.keys()))) {
      const assignment = this.#pool.assign(pick, now, barred)
      if (assignment === undefined) continue
      this.#rest(assignment.worker)
      return assignment
    }
    return undefined
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const turn = this.#nextTurn
    const resting = new Set([...this.#resting].flatMap(([w, due]) => (due > turn ? [w] : [])))
    let explanation: Explanation<Worker> | undefined
    for (const barred of this.#attempts(avoid, resting)) {
      explanation = this.#pool.explain?.(pick, now, barred)
      if (explanation?.chosen !== undefined) break
    }
    if (explanation === undefined) return undefined
    explanation = withRole(explanation, resting, 'warming')
    explanation = withRole(explanation, this.#standby, 'standby')
    return withRole(explanation, this.#draining, 'draining')
  }

  /** Whom the policy is to avoid, at the first attempt and at those after it. */
  *#attempts(
    avoid: ReadonlySet<Worker> | undefined,
    resting: ReadonlySet<Worker>,
  ): Iterable<ReadonlySet<Worker> | undefined> {
    const draining = this.#draining
    const standby = this.#standby
    if (this.#activeCount > 0) yield union(avoid, draining, standby, resting)
    yield union(avoid, draining, standby)
    if (standby.size > 0) yield union(avoid, draining)
  }

  /** Lets those rest no longer that have earned another request. */
  #wake(): void {
    if (this.#resting.size === 0) return
    this.#turn = this.#nextTurn
    for (const [worker, turn] of this.#resting) {
      if (turn > this.#turn) return
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
  }
}

function partOf(traits: WorkerTraits): Part {
  if (traits.state === 'draining') return 'draining'
  if (traits.standby || traits.state === 'unready') return 'standby'
  return traits.state === 'warming' ? 'warming' : 'active'
}

function toggle<Element>(set: Set<Element>, element: Element, isIn: boolean): void {
  if (isIn) set.add(element)
  else set.delete(element)
}
