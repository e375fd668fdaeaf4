/** Lets no class hold the slots of all workers while there are others, over any pool. */
import { ClassPresence, type Linked, LinkedList, shareOfSlots } from '@resumelb/common'
import { WatchedAssignment } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Outcome, Pool, WorkerTraits, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

/** Maximum number of classes that have a share of their own. Those beyond have one together. */
const maxHolders = 10_000

/** A class, or all that have no share of their own: the slots that its requests hold. */
class Holder<Worker> implements Linked<Holder<Worker>> {
  readonly name: string
  /** Its requests in progress. */
  readonly held = new LinkedList<HeldAssignment<Worker>>()
  /** Where these are, if there are so many that they could hold its share. */
  holding: Holding<Worker> | undefined
  before: Holder<Worker> | undefined
  after: Holder<Worker> | undefined
  isChained = false

  constructor(name: string) {
    this.name = name
  }
}

/** The workers of a class that has many requests in progress. */
class Holding<Worker> {
  /** Its requests, by worker. */
  readonly requests = new Map<Worker, number>()
  /** Slots that these hold. */
  slots = 0
  /** Workers where it could hold more slots. */
  readonly elsewhere: Set<Worker>
  readonly #classSlots: (worker: Worker) => number
  /** The list of workers that this is about. */
  readonly version: number

  /** `classSlots` says how many slots of a worker one class can hold; 0 if it does not count. */
  constructor(workers: Iterable<Worker>, classSlots: (worker: Worker) => number, version: number) {
    this.elsewhere = new Set(workers)
    this.#classSlots = classSlots
    this.version = version
  }

  add(worker: Worker): void {
    const requests = (this.requests.get(worker) ?? 0) + 1
    this.requests.set(worker, requests)
    const most = this.#classSlots(worker)
    if (requests <= most) this.slots++
    if (requests === most) this.elsewhere.delete(worker)
  }

  remove(worker: Worker): void {
    const requests = (this.requests.get(worker) ?? 0) - 1
    if (requests > 0) this.requests.set(worker, requests)
    else this.requests.delete(worker)
    if (requests >= this.#classSlots(worker)) return
    this.slots--
    this.elsewhere.add(worker)
  }
}

/**
 * A class that holds its share of the slots of all workers gets further requests only where it
 * holds slots already, as long as other classes have come within the last minute. They wait there,
 * and a class that hangs or floods leaves workers for the others. Of a worker with several slots, a
 * class holds only its share (see `Slots`), so that this concerns above all workers with one slot.
 *
 * Classes of which no request was served yet have one share together: inventing names gains
 * nothing. Sessions go where they must.
 */
export class SharePool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #share: number
  /** Slots of the workers that count, by worker. */
  readonly #workers = new Map<Worker, number>()
  #slots = 0
  /** Slots that one class may hold. */
  #limit = 1
  /** Grows when the workers change. */
  #version = 0
  readonly #holders = new Map<string, Holder<Worker>>()
  readonly #newcomers = new Holder<Worker>('')
  /** Holders without requests, the longest idle first. */
  readonly #idle = new LinkedList<Holder<Worker>>()
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
    if (news.traits !== undefined) this.#setSlots(worker, slotsOf(news.traits))
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#setSlots(worker, undefined)
    this.#pool.remove(worker, now)
  }

  knows(requestClass: string): boolean {
    return this.#holders.has(requestClass)
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    const holder = this.#holders.get(pick.requestClass) ?? this.#newcomers
    this.#presence.see(pick.requestClass, holder !== this.#newcomers, now)
    const elsewhere = this.#forbidden(holder, pick, now)
    const assignment =
      (elsewhere && this.#pool.assign(pick, now, union(avoid, elsewhere))) ??
      // It may have no worker where it holds a slot that can take this request.
      this.#pool.assign(pick, now, avoid)
    if (assignment === undefined) return undefined
    this.#idle.remove(holder)
    const held = new HeldAssignment(assignment, holder, pick.requestClass, this.#onEnd)
    holder.held.add(held)
    holder.holding?.add(assignment.worker)
    return held
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const holder = this.#holders.get(pick.requestClass) ?? this.#newcomers
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
    { requestClass, session }: PickArgs,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    // So few cannot hold that many slots: there is no need to know where they are.
    if (holder.held.size < this.#limit || session !== undefined) return undefined
    if (holder.holding?.version !== this.#version) holder.holding = this.#holdingOf(holder)
    if (holder.holding.slots < this.#limit) return undefined
    const isKnown = holder !== this.#newcomers
    if (!this.#presence.hasOthers(requestClass, isKnown, now)) return undefined
    return holder.holding.elsewhere
  }

  #holdingOf({ held }: Holder<Worker>): Holding<Worker> {
    const holding = new Holding(this.#workers.keys(), this.#classSlots, this.#version)
    for (const { worker } of held) holding.add(worker)
    return holding
  }

  readonly #classSlots = (worker: Worker): number => {
    const limit = this.#workers.get(worker)
    return limit === undefined ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  readonly #onEnd = (ended: HeldAssignment<Worker>, isServed: boolean): void => {
    const { holder, worker, requestClass } = ended
    holder.held.remove(ended)
    holder.holding?.remove(worker)
    if (holder.held.size < this.#limit / 2) holder.holding = undefined
    if (holder.held.size === 0) this.#idle.add(holder)
    if (isServed && holder === this.#newcomers) this.#giveShare(requestClass)
  }

  /** A class that was served has a share of its own from now on. */
  #giveShare(requestClass: string): void {
    if (this.#holders.has(requestClass)) return
    if (this.#holders.size >= maxHolders) {
      const { first } = this.#idle
      const idle = first === this.#newcomers ? first.after : first
      if (idle === undefined) return
      this.#idle.remove(idle)
      this.#holders.delete(idle.name)
    }
    const holder = new Holder<Worker>(requestClass)
    this.#holders.set(requestClass, holder)
    this.#idle.add(holder)
  }

  #setSlots(worker: Worker, slots: number | undefined): void {
    const before = this.#workers.get(worker)
    if (slots === before) return
    this.#slots += (slots ?? 0) - (before ?? 0)
    this.#limit = shareOfSlots({ limit: this.#slots, share: this.#share })
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
class HeldAssignment<Worker>
  extends WatchedAssignment<Worker>
  implements Linked<HeldAssignment<Worker>>
{
  before: HeldAssignment<Worker> | undefined
  after: HeldAssignment<Worker> | undefined
  isChained = false
  readonly holder: Holder<Worker>
  readonly requestClass: string
  readonly #onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void

  constructor(
    assignment: Assignment<Worker>,
    holder: Holder<Worker>,
    requestClass: string,
    onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void,
  ) {
    super(assignment)
    this.holder = holder
    this.requestClass = requestClass
    this.#onEnd = onEnd
  }

  protected override onEnd(_now: number, { result }: Outcome): void {
    this.#onEnd(this, result === 'served')
  }
}
