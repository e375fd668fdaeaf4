/** Lets no class hold the slots of all workers while there are others, over any pool. */
import { ClassPresence, shareOfSlots } from '@resumelb/common'
import { type ClassStanding, classStanding } from '@resumelb/protocol'
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

/** A class may hold so small a part of all slots, however few are free. */
const smallPart = 1 / 16

/**
 * A class that holds its share of the slots of all workers gets further requests only where it
 * holds slots already, as long as other classes have come within the last minute. They wait there,
 * and a class that hangs or floods leaves workers for the others. Of a worker with several slots, a
 * class holds only its share (see `Slots`), so that this concerns above all workers with one slot.
 *
 * Before a class has its share, its requests go to workers where it has none only while it holds
 * fewer slots than are free, or no more than it held when one was last served. So each of several
 * classes that hang leaves a half of what was left to it.
 *
 * Classes of which no request was served yet have one share together, so that inventing names gains
 * nothing, and each of them a share of that. Sessions go where they must.
 */
export class SharePool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #share: number
  /** The workers that count. */
  readonly #workers = new Map<Worker, Place>()
  #slots = 0
  /** Slots that no request of this load balancer takes. */
  #free = 0
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
    if (news.traits !== undefined) this.#setSlots(worker, slotsOf(news.traits), news.traits.key)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) {
        if (skill !== null && skill.count > 0) this.#holders.learn(requestClass, false)
      }
    }
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setSlots(worker, undefined)
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
    const place = this.#workers.get(held.worker)
    if (place === undefined) return held
    held.place = place
    if (place.requests++ < place.slots) this.#free--
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

  /** Workers where the class may not hold another slot. */
  #forbidden(
    holder: Holder<Worker>,
    { session }: PickArgs,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    if (session !== undefined) return undefined
    const { name, group } = holder
    const free = Math.max(this.#free, this.#slots * smallPart)
    const bounds = { limit: this.#limit, room: free }
    if (group === undefined) return this.#elsewhere(holder, bounds, name, true, now)
    // All newcomers together leave slots to known classes; one of them, to the other newcomers too.
    const ofAll = this.#elsewhere(group, bounds, name, false, now)
    const boundsOfOne = { limit: this.#newcomerLimit, room: (free - group.requests) / 2 }
    const ofOne = this.#elsewhere(holder, boundsOfOne, name, true, now)
    return ofAll && ofOne ? union(ofAll, ofOne) : (ofAll ?? ofOne)
  }

  /**
   * Workers where it may not hold another slot, for a request of the class. `forAny`: because of
   * any other class, and not only of those that are known.
   */
  #elsewhere(
    holder: Holder<Worker>,
    { limit, room }: Bounds,
    requestClass: string,
    forAny: boolean,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    const { requests } = holder
    const most = Math.min(limit, Math.max(room, holder.proven))
    // So few cannot hold that many slots: there is no need to know where they are.
    if (requests === 0 || requests < most) {
      if (requests < Math.min(limit, this.#slots * smallPart) / 2) holder.holding = undefined
      return undefined
    }
    if (holder.holding?.version !== this.#version) holder.holding = this.#holdingOf(holder)
    const { holding } = holder
    const isFull = holding.slots >= most && holding.slots > 0
    if (!isFull && requests < limit) return undefined
    if (!this.#presence.hasOthers(requestClass, forAny, now)) return undefined
    const find = () => this.#reservedFrom(holder, limit)
    // A class with more requests than its share of the slots is soon to have that share.
    if (!isFull) return holding.reserved(find)
    return holding.slots < limit ? holding.others : holding.kept(find, this.#workers.size)
  }

  #holdingOf(holder: Holder<Worker>): Holding<Worker> {
    const holding = new Holding(this.#workers.keys(), this.#slotsFor(holder), this.#version)
    for (const worker of holder.workers()) holding.add(worker)
    return holding
  }

  /**
   * The workers that a class is to leave to others when it holds its share. All load balancers find
   * the same ones, by a hash: together, they would have the class at all workers otherwise.
   */
  #reservedFrom(holder: Holder<Worker>, limit: number): ReadonlySet<Worker> {
    const slotsAt = this.#slotsFor(holder)
    const hash = hashString(holder.name)
    const ranked = [...this.#workers].map(([worker, place]) => {
      return { worker, rank: mix32(hash ^ place.hash) }
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

  #slotsFor({ group }: Holder<Worker>): (worker: Worker) => number {
    return group === undefined ? this.#classSlots : this.#newcomerSlots
  }

  readonly #classSlots = (worker: Worker): number => {
    const place = this.#workers.get(worker)
    return place === undefined ? 0 : shareOfSlots({ limit: place.slots, share: this.#share })
  }

  readonly #newcomerSlots = (worker: Worker): number => {
    const limit = this.#classSlots(worker)
    return limit === 0 ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  readonly #onEnd = (ended: HeldAssignment<Worker>, isServed: boolean): void => {
    const { holder, place } = ended
    this.#holders.end(holder, ended, isServed)
    if (place !== undefined && --place.requests < place.slots && place.isHere) this.#free++
    if (isServed) this.#holders.learn(holder.name, true)
  }

  #setSlots(worker: Worker, slots: number | undefined, key = ''): void {
    const place = this.#workers.get(worker)
    if (slots === place?.slots) return
    if (place !== undefined) {
      this.#slots -= place.slots
      this.#free -= freeAt(place)
    }
    if (slots === undefined) {
      this.#workers.delete(worker)
      if (place !== undefined) place.isHere = false
    } else {
      const changed = place ?? { slots, requests: 0, isHere: true, hash: hashString(key) }
      changed.slots = slots
      this.#workers.set(worker, changed)
      this.#slots += slots
      this.#free += freeAt(changed)
    }
    this.#limit = shareOfSlots({ limit: this.#slots, share: this.#share })
    this.#newcomerLimit = shareOfSlots({ limit: this.#limit, share: this.#share })
    this.#version++
  }
}

/** A worker that counts. */
interface Place {
  slots: number
  /** Requests that it has got since it counts and that are in progress. */
  requests: number
  isHere: boolean
  /** Of its key. */
  readonly hash: number
}

/** How many slots a class may hold. */
interface Bounds {
  /** Its share. */
  readonly limit: number
  /** Fewer than these, until it has shown that its requests end. */
  readonly room: number
}

function freeAt({ slots, requests }: Place): number {
  return Math.max(0, slots - requests)
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
  /** Where it takes a slot. */
  place: Place | undefined
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
