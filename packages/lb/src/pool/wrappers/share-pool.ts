/** Lets no class hold the slots of all workers while there are others, over any pool. */
import { ClassPresence, shareOfSlots } from '@resumelb/common'
import {
  type ClassStanding,
  classStanding,
  type RequestClass,
  type Skill,
} from '@resumelb/protocol'
import { WatchedAssignment } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type {
  Assignment,
  Outcome,
  Pool,
  WorkerSummary,
  WorkerTraits,
  WorkerUpdate,
} from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { hashString, mix32 } from '../structures/hash.ts'
import { type HeldSlot, type Holder, Holding } from './share/holder.ts'
import { Holders } from './share/holders.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

/**
 * A class that holds its share of the slots of all workers gets further requests only where it
 * holds slots already, as long as other classes have come within the last minute. They wait there,
 * and a class that hangs or floods leaves workers for the others. Of a worker with several slots, a
 * class holds only its share (see `Slots`), so that this concerns above all workers with one slot.
 *
 * Classes of which no request was served yet have one share together, so that inventing names gains
 * nothing, and each of them a share of that. Those that other load balancers have sent count as
 * well, if workers tell of them: otherwise each load balancer would keep them from the workers where
 * the others have begun to load them, and have them loaded twice. Sessions go where they must.
 */
export class SharePool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #share: number
  /** Slots of the workers that count, by worker. */
  readonly #workers = new Map<Worker, number>()
  /** Hashes of their keys. */
  readonly #hashes = new Map<Worker, number>()
  #slots = 0
  /** Slots that one class may hold. */
  #limit = 1
  /** Slots that each of the classes may hold that have one share together. */
  #newcomerLimit = 1
  /** Grows when the workers change. */
  #version = 0
  readonly #holders = new Holders<Worker>()
  readonly #presence = new ClassPresence()

  /** `share` is above 0 and up to 1. */
  constructor(create: PoolFactory<Worker>, share: number) {
    this.#pool = create()
    this.#share = share
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
    if (news.traits !== undefined) {
      if (!this.#hashes.has(worker)) this.#hashes.set(worker, hashString(news.traits.key))
      this.#setSlots(worker, slotsOf(news.traits))
    }
    if (news.resume !== undefined) this.#holders.leave(worker)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) this.#read(worker, requestClass, skill)
    }
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setSlots(worker, undefined)
    this.#hashes.delete(worker)
    this.#holders.leave(worker)
    this.#pool.remove(worker, now)
  }

  knows(requestClass: string): boolean {
    return this.#holders.isKnown(requestClass)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#pool.summaries?.(now)
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    const holder = this.#holders.find(pick.requestClass)
    const { name, isKnown } = holder
    this.#presence.see(name, isKnown, now)
    const elsewhere = this.#forbidden(holder, pick, now)
    const assignment =
      (elsewhere && this.#pool.assign(pick, now, union(avoid, elsewhere))) ??
      // It may have no worker where it holds a slot that can take this request.
      this.#pool.assign(pick, now, avoid)
    if (assignment === undefined) return undefined
    const standing = classStanding(isKnown, this.#presence.hasOthers(name, true, now))
    const held = new HeldAssignment(assignment, holder, standing, this.#onEnd)
    this.#holders.begin(holder, held)
    return held
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const holder = this.#holders.find(pick.requestClass)
    const elsewhere = this.#forbidden(holder, pick, now)
    if (elsewhere !== undefined) {
      const explanation = this.#pool.explain?.(pick, now, union(avoid, elsewhere))
      if (explanation?.chosen !== undefined) return withRole(explanation, elsewhere, 'reserved')
    }
    return this.#pool.explain?.(pick, now, avoid)
  }

  /** A skill with the count 0 says that the worker has begun the class, and not yet served it. */
  #read(worker: Worker, requestClass: RequestClass, skill: Skill | null): void {
    if (skill?.count === 0) return this.#holders.readBegun(requestClass, worker)
    this.#holders.readEnded(requestClass, worker)
    if (skill !== null) this.#holders.learn(requestClass, false)
  }

  /** Workers where the class may not hold another slot. */
  #forbidden(
    holder: Holder<Worker>,
    { session }: PickArgs,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    if (session !== undefined) return undefined
    const { name, group } = holder
    if (group === undefined) return this.#elsewhere(holder, this.#limit, name, true, now)
    // All newcomers together leave slots to known classes; one of them, to the other newcomers too.
    const ofAll = this.#elsewhere(group, this.#limit, name, false, now)
    const ofOne = this.#elsewhere(holder, this.#newcomerLimit, name, true, now)
    return ofAll && ofOne ? union(ofAll, ofOne) : (ofAll ?? ofOne)
  }

  /**
   * Workers where it may not hold another slot, for a request of the class. `forAny`: because of
   * any other class, and not only of those that are known.
   */
  #elsewhere(
    holder: Holder<Worker>,
    limit: number,
    requestClass: string,
    forAny: boolean,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    // So few cannot hold that many slots: there is no need to know where they are.
    if (holder.requests < limit) {
      if (holder.requests < limit / 2) holder.holding = undefined
      return undefined
    }
    if (holder.holding?.version !== this.#version) holder.holding = this.#holdingOf(holder)
    if (holder.holding.slots < limit) return undefined
    if (!this.#presence.hasOthers(requestClass, forAny, now)) return undefined
    // After a restart of all workers, newcomers are everywhere: they need not leave any of them.
    if (!forAny) return holder.holding.elsewhere
    return holder.holding.kept(() => this.#reservedFrom(holder, limit), this.#workers.size)
  }

  /**
   * The workers that a class is to leave to others when it holds its share. All load balancers find
   * the same ones, by a hash: together, they would have the class at all workers otherwise.
   */
  #reservedFrom({ name, group }: Holder<Worker>, limit: number): ReadonlySet<Worker> {
    const slotsAt = group === undefined ? this.#classSlots : this.#newcomerSlots
    const hash = hashString(name)
    const ranked = [...this.#workers.keys()].map((worker) => {
      return { worker, rank: mix32(hash ^ (this.#hashes.get(worker) ?? 0)) }
    })
    ranked.sort((one, other) => one.rank - other.rank)
    const reserved = new Set<Worker>()
    let slots = 0
    for (const { worker } of ranked) {
      slots += slotsAt(worker)
      if (slots > limit) reserved.add(worker)
    }
    return reserved
  }

  #holdingOf(holder: Holder<Worker>): Holding<Worker> {
    const slotsAt = holder.group === undefined ? this.#classSlots : this.#newcomerSlots
    const holding = new Holding(this.#workers.keys(), slotsAt, this.#version)
    for (const worker of holder.workers()) holding.add(worker)
    return holding
  }

  readonly #classSlots = (worker: Worker): number => {
    const limit = this.#workers.get(worker)
    return limit === undefined ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  readonly #newcomerSlots = (worker: Worker): number => {
    const limit = this.#classSlots(worker)
    return limit === 0 ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  readonly #onEnd = (ended: HeldAssignment<Worker>, isServed: boolean): void => {
    const { holder } = ended
    this.#holders.end(holder, ended)
    if (isServed) this.#holders.learn(holder.name, true)
  }

  #setSlots(worker: Worker, slots: number | undefined): void {
    const before = this.#workers.get(worker)
    if (slots === before) return
    this.#slots += (slots ?? 0) - (before ?? 0)
    this.#limit = shareOfSlots({ limit: this.#slots, share: this.#share })
    this.#newcomerLimit = shareOfSlots({ limit: this.#limit, share: this.#share })
    if (slots === undefined) this.#workers.delete(worker)
    else this.#workers.set(worker, slots)
    this.#version++
  }
}

/** The slots that count: not those of workers that take requests only if no other can. */
function slotsOf({ state, standby, concurrency }: WorkerTraits): number | undefined {
  return state === 'draining' || state === 'unready' || standby ? undefined : concurrency
}

/** An assignment that says when its slot is free. An upgraded connection holds none. */
class HeldAssignment<Worker> extends WatchedAssignment<Worker> implements HeldSlot<Worker> {
  before: HeldSlot<Worker> | undefined
  after: HeldSlot<Worker> | undefined
  isChained = false
  readonly holder: Holder<Worker>
  readonly standing: ClassStanding
  readonly #onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void

  constructor(
    assignment: Assignment<Worker>,
    holder: Holder<Worker>,
    standing: ClassStanding,
    onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void,
  ) {
    super(assignment)
    this.holder = holder
    this.standing = standing
    this.#onEnd = onEnd
  }

  protected override onEnd(_now: number, { result }: Outcome): void {
    this.#onEnd(this, result === 'served')
  }
}
