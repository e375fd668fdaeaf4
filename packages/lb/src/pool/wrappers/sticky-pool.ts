/** Sends the requests of a session to the same worker, over any policy. */
import { withReason } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerSummary, WorkerTraits, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import type { PoolFactory } from './sub-pools.ts'

/**
 * How a session names a worker: an id, of the key of its traits. The same in every load balancer.
 */
export type SessionIds = (key: string) => string

/** Sets of other workers that are kept: beyond so many workers, they are made for each request. */
const maxSets = 64

/**
 * Sends a request whose session is the id of a worker to that worker, as long as it takes such
 * requests: not while it is unready, and while it is draining only if it still takes sessions. All
 * other requests are assigned as if they had no session. The policy below learns from all of them.
 */
export class StickyPool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #idOf: SessionIds
  /** The ids of those that are present. */
  readonly #ids = new Map<Worker, string>()
  /** Those that take sessions, by their ids. */
  readonly #byId = new Map<string, Worker>()
  /** All workers but one, for some of them. */
  readonly #others = new Map<Worker, ReadonlySet<Worker>>()

  constructor(create: PoolFactory<Worker>, idOf: SessionIds) {
    this.#pool = create()
    this.#idOf = idOf
  }

  get backlog(): number {
    return this.#pool.backlog
  }

  get size(): number {
    return this.#pool.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#pool.updateSettings(settings)
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    if (news.traits !== undefined) this.#setTraits(worker, news.traits)
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setSession(worker, undefined)
    if (this.#ids.delete(worker)) this.#others.clear()
    this.#pool.remove(worker, now)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#pool.summaries?.(now)
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    if (pick.session === undefined) return this.#pool.assign(pick, now, avoid)
    const named = this.#named(pick.session, avoid)
    const assignment = named && this.#pool.assign(pick, now, this.#othersThan(named))
    if (assignment !== undefined) return withReason(assignment, 'sticky')
    return this.#pool.assign(withoutSession(pick), now, avoid)
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    if (pick.session === undefined) return this.#pool.explain?.(pick, now, avoid)
    const named = this.#named(pick.session, avoid)
    const explanation = named && this.#pool.explain?.(pick, now, this.#othersThan(named))
    if (explanation?.chosen === undefined) {
      return this.#pool.explain?.(withoutSession(pick), now, avoid)
    }
    return withRole(explanation, new Set([explanation.chosen]), 'sticky')
  }

  /** The worker that the session names, if it may have the request. */
  #named(session: string, avoid: ReadonlySet<Worker> | undefined): Worker | undefined {
    const worker = this.#byId.get(session)
    return worker !== undefined && avoid?.has(worker) ? undefined : worker
  }

  #othersThan(worker: Worker): ReadonlySet<Worker> {
    const known = this.#others.get(worker)
    if (known !== undefined) return known
    const others = new Set(this.#ids.keys())
    others.delete(worker)
    if (this.#ids.size <= maxSets) this.#others.set(worker, others)
    return others
  }

  #setTraits(worker: Worker, traits: WorkerTraits): void {
    const { key, state, takesSessions, unresponsive } = traits
    const takes = state === 'draining' ? takesSessions === true : state !== 'unready'
    const isOpen = takes && !unresponsive
    const id = this.#ids.get(worker) ?? this.#idOf(key)
    if (!this.#ids.has(worker)) {
      this.#ids.set(worker, id)
      this.#others.clear()
    }
    this.#setSession(worker, isOpen ? id : undefined)
  }

  /** Lets sessions name the worker by this id, or not at all. */
  #setSession(worker: Worker, id: string | undefined): void {
    if (id !== undefined) {
      this.#byId.set(id, worker)
      return
    }
    const known = this.#ids.get(worker)
    if (known !== undefined && this.#byId.get(known) === worker) this.#byId.delete(known)
  }
}

function withoutSession({ session: _, ...pick }: PickArgs): PickArgs {
  return pick
}
