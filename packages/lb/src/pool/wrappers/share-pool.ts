/** Lets no class hold the slots of all workers while there are others, over any pool. */
import { ClassPresence, type Linked, LinkedList, shareOfSlots } from '@resumelb/common'
import { markUpgraded } from '../assignment.ts'
import { type Explanation, withRole } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Outcome, Pool, Reason, WorkerTraits, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

/** Maximum number of classes that have a share of their own. Those beyond have one together. */
const maxHolders = 10_000

/** A class, or all that have no share of their own: the slots that its requests hold. */
class Holder<Worker> implements Linked<Holder<Worker>> {
  readonly name: string
  /** Its requests in progress, by worker. */
  readonly requests = new Map<Worker, number>()
  /** Slots that these hold at workers that count. */
  slots = 0
  /** Workers where it could hold more slots; computed once it has reached its share. */
  elsewhere: Set<Worker> | undefined
  /** The list of workers that this was computed for. */
  version = -1
  before: Holder<Worker> | undefined
  after: Holder<Worker> | undefined
  isChained = false

  constructor(name: string) {
    this.name = name
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
    this.#hold(holder, assignment.worker)
    return new HeldAssignment(assignment, holder, pick.requestClass, this.#onEnd)
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
    if (session !== undefined) return undefined
    if (holder.version !== this.#version) this.#count(holder)
    if (holder.slots < this.#limit) return undefined
    const isKnown = holder !== this.#newcomers
    if (!this.#presence.hasOthers(requestClass, isKnown, now)) return undefined
    holder.elsewhere ??= this.#elsewhere(holder)
    return holder.elsewhere
  }

  /** Slots that one class may hold. */
  get #limit(): number {
    return shareOfSlots({ limit: this.#slots, share: this.#share })
  }

  #count(holder: Holder<Worker>): void {
    holder.version = this.#version
    holder.elsewhere = undefined
    holder.slots = 0
    for (const [worker, requests] of holder.requests) {
      holder.slots += Math.min(requests, this.#classSlots(worker))
    }
  }

  #elsewhere(holder: Holder<Worker>): Set<Worker> {
    const elsewhere = new Set<Worker>()
    for (const worker of this.#workers.keys()) {
      if ((holder.requests.get(worker) ?? 0) < this.#classSlots(worker)) elsewhere.add(worker)
    }
    return elsewhere
  }

  /** Slots of the worker that one class can hold; 0 if the worker does not count. */
  #classSlots(worker: Worker): number {
    const limit = this.#workers.get(worker)
    return limit === undefined ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  #hold(holder: Holder<Worker>, worker: Worker): void {
    this.#idle.remove(holder)
    const requests = (holder.requests.get(worker) ?? 0) + 1
    holder.requests.set(worker, requests)
    const most = this.#classSlots(worker)
    if (requests > most) return
    holder.slots++
    if (requests === most) holder.elsewhere?.delete(worker)
  }

  #release(holder: Holder<Worker>, worker: Worker): void {
    const requests = (holder.requests.get(worker) ?? 0) - 1
    if (requests === 0) holder.requests.delete(worker)
    else holder.requests.set(worker, requests)
    if (holder.requests.size === 0) this.#idle.add(holder)
    if (holder.version !== this.#version || requests >= this.#classSlots(worker)) return
    holder.slots--
    holder.elsewhere?.add(worker)
  }

  readonly #onEnd = (
    { holder, requestClass, worker }: HeldAssignment<Worker>,
    isServed: boolean,
  ) => {
    this.#release(holder, worker)
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
    if (slots === undefined) this.#workers.delete(worker)
    else this.#workers.set(worker, slots)
    this.#version++
  }
}

/** The slots that count: not those of workers that take requests only if no other can. */
function slotsOf({ state, standby, concurrency }: WorkerTraits): number | undefined {
  return state === 'draining' || state === 'unready' || standby ? undefined : concurrency
}

/** An assignment that says when its slot is free. A class, because closures would cost more. */
class HeldAssignment<Worker> implements Assignment<Worker> {
  readonly holder: Holder<Worker>
  readonly requestClass: string
  readonly #assignment: Assignment<Worker>
  readonly #onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void
  #hasEnded = false

  constructor(
    assignment: Assignment<Worker>,
    holder: Holder<Worker>,
    requestClass: string,
    onEnd: (held: HeldAssignment<Worker>, isServed: boolean) => void,
  ) {
    this.#assignment = assignment
    this.holder = holder
    this.requestClass = requestClass
    this.#onEnd = onEnd
  }

  get worker(): Worker {
    return this.#assignment.worker
  }

  get reason(): Reason | undefined {
    return this.#assignment.reason
  }

  get isWarm(): boolean | undefined {
    return this.#assignment.isWarm
  }

  get regret(): number | undefined {
    return this.#assignment.regret
  }

  answered(now: number): void {
    this.#assignment.answered?.(now)
  }

  /** An upgraded connection holds no slot. */
  upgraded(now: number): void {
    markUpgraded(this.#assignment, now)
    this.#end(true)
  }

  finish(now: number, outcome: Outcome): void {
    this.#assignment.finish(now, outcome)
    this.#end(outcome.result === 'served')
  }

  #end(isServed: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onEnd(this, isServed)
  }
}
