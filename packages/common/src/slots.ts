/**
 * Lets only so many handlers run at once, and begins no more of them in one turn of the event loop
 * than answers can wait for. The others wait, and their classes take turns. Pure.
 */
import { ClassPresence } from './class-presence.ts'
import type { Clock } from './clock.ts'
import { type ColdLoadLimits, ColdLoads } from './cold-loads.ts'
import { FairQueue } from './fair-queue.ts'
import type { Flow, Turn } from './flow.ts'
import { LateWatch } from './late-watch.ts'

/** A request that waits for a slot. */
export interface Waiter {
  /** Classes take turns, and none holds more than its share of the slots. */
  readonly requestClass: string
  /** What it is expected to take, in seconds. */
  readonly expectedSeconds: number
  /** Whether requests of the class have been served before. Classes that are not known share. */
  readonly isKnownClass: boolean
  /** Whether other classes may come, although none has come here lately. */
  readonly hasOtherClasses: boolean
  /** Whether it would fill caches for its class, so that others of the class are to wait for it. */
  readonly isCold: boolean
  /** Whether {@link giveBack} may be called while it waits. */
  readonly isMovable?: boolean
  /** Only {@link Slots} sets it. */
  turn: Turn<Waiter> | undefined
  /**
   * The turn has come, at `now` milliseconds. {@link Slots.leave} is to be called once, even before
   * this returns.
   */
  begin(now: number): void
  /**
   * What runs takes too long: it should wait elsewhere. `isOwn`: some of that is of its class.
   * {@link Slots.cancel} is to be called.
   */
  giveBack?(isOwn: boolean): void
}

/** Calls back in the next turn of the event loop, after what has been written so far has left. */
export type Later = (callback: () => void) => void

/** How many slots there are. */
export interface SlotLimits {
  /** May be Infinity. */
  readonly limit: number
  /**
   * The part of the slots that one class may hold while there are others, above 0 and up to 1. Below
   * 1, one of two or more slots is always left.
   */
  readonly share: number
  /** Absent if cold requests are begun as any others. */
  readonly coldLoads?: ColdLoadLimits
}

/**
 * Milliseconds that handlers which are begun in one turn may take together, before answers leave
 * and bytes come in. A single handler may take longer: nothing can stop it.
 */
const turnBudget = 3

/**
 * The concurrency that load balancers assume where there is no limit: by how much they may divide
 * the work that waits. A process runs the code of one handler at a time, but some wait for
 * something else.
 */
export const unlimitedConcurrency = 4

/** Slots that one class may hold while there are others. At least 1. */
export function shareOfSlots({ limit, share }: SlotLimits): number {
  return Math.max(1, Math.floor(limit * share))
}

/** Slots that cold requests get together unless something else is configured. At least 1. */
export function slotsForColdLoads(limit: number): number {
  return shareOfSlots({ limit, share: 0.75 })
}

const noColdLoads: ColdLoadLimits = { most: Number.POSITIVE_INFINITY, patience: 0 }

export class Slots {
  readonly #clock: Clock
  readonly #later: Later
  #limit = 1
  /** Slots that a class may hold while there are others. */
  #classLimit = 1
  /** Slots that each class that is not known may hold of these, while there are others. */
  #newcomerLimit = 1
  #running = 0
  readonly #queue: FairQueue<Waiter> = new FairQueue(({ requestClass }, flow) =>
    this.#mayHoldMore(requestClass, flow),
  )
  readonly #presence: ClassPresence = new ClassPresence()
  readonly #coldLoads: ColdLoads
  readonly #lateWatch: LateWatch
  /** What {@link onceFree} is to call back, in the order in which it was asked to. */
  readonly #onFree: Set<() => void> = new Set()
  /** Milliseconds of this turn's budget that are spent. */
  #spent = 0
  /** A handler is being begun, further up the stack. */
  #isBeginning = false
  /** No handler is begun before the next turn. */
  #isResting = false

  /** `later` is `setImmediate`, or what a simulation has instead. */
  constructor(limits: SlotLimits, clock: Clock, later: Later) {
    this.#clock = clock
    this.#later = later
    this.#coldLoads = new ColdLoads(noColdLoads, clock, (waiters) => this.#addAgain(waiters))
    const isResting = () => this.#isResting
    this.#lateWatch = new LateWatch(this.#queue, this.#coldLoads, clock, isResting)
    this.#setLimits(limits)
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#queue.size + this.#coldLoads.deferred
  }

  set limits(limits: SlotLimits) {
    this.#setLimits(limits)
    this.#beginAll()
    this.#callBackIfFree()
  }

  /** Begins with the waiter now or when its turn comes. */
  enter(waiter: Waiter): void {
    // Where nothing waits and nothing is limited, there is nothing to count.
    const isFree = this.#limit === Number.POSITIVE_INFINITY && this.#queue.size === 0
    if (isFree && this.#mayBegin() && !this.#coldLoads.delays(waiter)) this.#begin(waiter)
    else this.#enqueue(waiter)
    if (this.#queue.size > 0) this.#beginAll()
  }

  /** Removes a waiting request. */
  cancel(waiter: Waiter): void {
    const { turn } = waiter
    if (turn === undefined) return
    this.#queue.remove(turn)
    this.#coldLoads.cancel(waiter)
    this.#callBackIfFree()
  }

  /**
   * Calls back once, as soon as a slot is free and nothing waits for one; that may be at once.
   * Returns how to cancel that.
   */
  onceFree(callback: () => void): () => void {
    this.#onFree.add(callback)
    this.#callBackIfFree()
    return () => void this.#onFree.delete(callback)
  }

  /** A handler that was begun has loaded what it needs, and goes on: its response has begun. */
  loaded(waiter: Waiter): void {
    this.#coldLoads.loaded(waiter)
  }

  /** A handler that was begun is done. */
  leave(waiter: Waiter): void {
    this.#running--
    const { turn } = waiter
    if (turn !== undefined) {
      const now = this.#clock.now() / 1000
      this.#queue.end(turn, now)
      this.#lateWatch.ended(now - turn.beganAt, now)
    }
    this.#coldLoads.end(waiter)
    // Not here: the caller is in the middle of its work, and its response should be sent first.
    const isAwaited = this.#queue.size > 0 || this.#onFree.size > 0
    if (isAwaited && !this.#isBeginning) this.#rest()
  }

  #setLimits({ limit, share, coldLoads = noColdLoads }: SlotLimits): void {
    this.#coldLoads.limits = coldLoads
    this.#limit = limit
    this.#classLimit = shareOfSlots({ limit, share })
    this.#newcomerLimit = shareOfSlots({ limit: this.#classLimit, share })
  }

  #enqueue(waiter: Waiter): void {
    const { requestClass, expectedSeconds, isKnownClass, hasOtherClasses } = waiter
    const turn = this.#queue.turnOf(waiter, requestClass, expectedSeconds, isKnownClass)
    waiter.turn = turn
    const now = this.#clock.now()
    this.#presence.see(requestClass, turn.isKnown, now / 1000, hasOtherClasses)
    if (this.#queue.size > 0 || !this.#mayBegin() || !this.#queue.mayBegin(turn)) {
      this.#queue.add(turn)
      return this.#lateWatch.watch()
    }
    if (this.#coldLoads.delays(waiter)) return this.#defer(turn)
    this.#queue.begin(turn, now / 1000)
    this.#begin(waiter)
  }

  /** It had its turn, and gets it back when the load that it waits for has ended. */
  #defer(turn: Turn<Waiter>): void {
    this.#queue.defer(turn)
    this.#coldLoads.defer(turn.item)
  }

  /** The last one first: each is then the first of those that wait. */
  #addAgain(waiters: readonly Waiter[]): void {
    for (const { turn } of [...waiters].reverse()) this.#queue.addAgain(turn as Turn<Waiter>)
    if (!this.#isBeginning) this.#rest()
  }

  #mayBegin(): boolean {
    return !this.#isBeginning && !this.#isResting && this.#running < this.#limit
  }

  /**
   * Whether a flow may hold one more slot. While there are others, it may hold fewer than are free,
   * or, as long as its turns end in time, one more than it had when the last one ended: see
   * `docs/decisions/0910-classes-that-hang.md`.
   */
  #mayHoldMore(requestClass: string, flow: Flow<Waiter>): boolean {
    if (this.#classLimit === this.#limit) return true
    const { account, running: held } = flow
    const isOne = account === 'newcomer'
    const most = isOne ? this.#newcomerLimit : this.#classLimit
    const free = this.#limit - this.#running
    // All newcomers together leave slots to known classes; one of them, to the other newcomers too.
    const room = isOne ? Math.ceil((free - this.#queue.runningNewcomers) / 2) : free
    if (held < most && (held === 0 || held < room)) return true
    const now = this.#clock.now() / 1000
    if (!this.#presence.hasOthers(requestClass, account !== 'newcomers', now)) {
      return free > 1 || account !== 'own' || !flow.hasLate(this.#classLimit, now)
    }
    return held < most && flow.hasProven(held + 1, now) && !flow.hasLate(free, now)
  }

  #beginAll(): void {
    // How many slots a class may hold depends on what the others hold.
    this.#queue.releaseAll()
    while (this.#queue.size > 0 && this.#mayBegin()) {
      const now = this.#clock.now() / 1000
      const turn = this.#queue.next(now)
      if (turn === undefined) return
      if (this.#coldLoads.delays(turn.item)) this.#defer(turn)
      else {
        this.#queue.start(turn, now)
        this.#begin(turn.item)
      }
    }
  }

  #begin(waiter: Waiter): void {
    const startedAt = this.#clock.now()
    this.#running++
    this.#coldLoads.begin(waiter)
    this.#isBeginning = true
    try {
      waiter.begin(startedAt)
    } finally {
      this.#isBeginning = false
      this.#spent += this.#clock.now() - startedAt
      if (this.#spent >= turnBudget) this.#rest()
    }
  }

  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    this.#later(() => {
      this.#isResting = false
      this.#spent = 0
      this.#beginAll()
      this.#callBackIfFree()
    })
  }

  #callBackIfFree(): void {
    for (const callback of this.#onFree) {
      if (this.waiting > 0 || !this.#mayBegin()) return
      this.#onFree.delete(callback)
      callback()
    }
  }
}
