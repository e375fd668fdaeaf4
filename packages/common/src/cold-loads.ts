/**
 * One load per class: while a request fills the caches for its class, the others of the class wait,
 * for they need the same. Pure.
 */
import type { Clock } from './clock.ts'
import type { Waiter } from './slots.ts'

/** How many requests may load at once, and for how long others wait for them. */
export interface ColdLoadLimits {
  /** Requests of cold classes that run at once, at least 1. May be Infinity. */
  readonly most: number
  /** Milliseconds for which a request is waited for at most; with 0, none waits. */
  readonly patience: number
}

/**
 * A load is waited for at most this many times as long as one takes on average: one that takes
 * longer is no load, or hangs.
 */
const usualLoads = 4

/** Milliseconds for which a load is waited for in any case, if the patience allows it. */
const leastPatience = 100

/** The weight of one load in the average. */
const learning = 0.1

/** A class that is being loaded, or has requests that wait for that. */
interface Loading {
  /** Its requests that run and are waited for. */
  running: number
  /** How many may run: one more after each that has not made the class warm. */
  allowed: number
  /** Its requests that had their turn and wait, in their order. */
  readonly deferred: Set<Waiter>
  /** Those of them that may try again, and have neither begun nor been deferred. */
  readonly resumed: Set<Waiter>
}

/** A request that loads. */
interface Load {
  readonly loading: Loading
  readonly beganAt: number
  readonly cancel: () => void
  /** Others still wait for it. */
  isAwaited: boolean
}

export class ColdLoads {
  readonly #clock: Clock
  readonly #onResume: (waiters: readonly Waiter[]) => void
  #limits: ColdLoadLimits
  readonly #classes: Map<string, Loading> = new Map()
  readonly #loads: Map<Waiter, Load> = new Map()
  /**
   * Classes whose requests wait because too many others load: those that were served before, and the
   * others, which take turns with them. So invented names do not delay known classes.
   */
  readonly #known: Set<Loading> = new Set()
  readonly #newcomers: Set<Loading> = new Set()
  #isNewcomersTurn = false
  #deferred = 0
  /** Loads that others wait for, of all classes. */
  #awaited = 0
  /** Milliseconds that a load takes on average; a guess, until one has been served. */
  #usual = 250
  #hasLearned = false

  /**
   * `onResume` is called with requests that may try again, of one class and in the order in which
   * they were deferred. It must not begin them at once.
   */
  constructor(
    limits: ColdLoadLimits,
    clock: Clock,
    onResume: (waiters: readonly Waiter[]) => void,
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#onResume = onResume
  }

  /** Requests that wait for a load. */
  get deferred(): number {
    return this.#deferred
  }

  /** All that wait may try again. */
  set limits(limits: ColdLoadLimits) {
    this.#limits = limits
    for (const loading of this.#classes.values()) this.#resumeAll(loading)
  }

  /** Whether the request, which has begun, loads what others wait for. */
  isAwaited(waiter: Waiter): boolean {
    return this.#loads.get(waiter)?.isAwaited === true
  }

  /** Whether the request has to wait for a load, although it is its turn. */
  delays(waiter: Waiter): boolean {
    if (this.#limits.patience === 0 || !waiter.isCold) return false
    const loading = this.#classes.get(waiter.requestClass)
    if (loading !== undefined && loading.running >= loading.allowed) return true
    return this.#awaited >= this.#limits.most
  }

  /** Lets a request wait that {@link delays} has named. */
  defer(waiter: Waiter): void {
    const loading = this.#loadingOf(waiter)
    loading.resumed.delete(waiter)
    loading.deferred.add(waiter)
    this.#deferred++
    if (loading.running >= loading.allowed) return
    const line = waiter.isKnownClass ? this.#known : this.#newcomers
    line.add(loading)
  }

  /** A request begins. */
  begin(waiter: Waiter): void {
    const isLoad = this.#limits.patience > 0 && waiter.isCold
    if (!isLoad && this.#classes.size === 0) return
    const loading = isLoad ? this.#loadingOf(waiter) : this.#classes.get(waiter.requestClass)
    if (loading === undefined) return
    loading.resumed.delete(waiter)
    if (isLoad) this.#load(waiter, loading)
    // Otherwise the class has got warm meanwhile.
    else this.#resumeAll(loading)
    this.#forgetIfOver(waiter.requestClass, loading)
  }

  /** A request has loaded what it needs, but not ended. */
  loaded(waiter: Waiter): void {
    const load = this.#loads.get(waiter)
    if (!load?.isAwaited) return
    load.loading.allowed = Number.POSITIVE_INFINITY
    this.#endWaiting(waiter, load)
  }

  /** A request has ended. */
  end(waiter: Waiter): void {
    if (this.#classes.size === 0 && this.#loads.size === 0) return
    const load = this.#loads.get(waiter)
    this.#loads.delete(waiter)
    if (load !== undefined && !waiter.isCold) this.#learn(this.#clock.now() - load.beganAt)
    if (load?.isAwaited) return this.#endWaiting(waiter, load)
    const loading = this.#classes.get(waiter.requestClass)
    if (loading !== undefined && !waiter.isCold) this.#resumeAll(loading)
  }

  /** A request that waits, here or after it was resumed, has left: another one has to load. */
  cancel(waiter: Waiter): void {
    const loading = this.#classes.get(waiter.requestClass)
    if (loading === undefined) return
    if (loading.deferred.delete(waiter)) {
      this.#deferred--
      this.#resume(loading, 0)
    } else if (!loading.resumed.delete(waiter)) return
    else this.#resume(loading, this.#room(loading))
    this.#forgetIfOver(waiter.requestClass, loading)
  }

  /** Milliseconds for which the next load is waited for. */
  get #patience(): number {
    const { patience } = this.#limits
    return Math.min(patience, Math.max(usualLoads * this.#usual, leastPatience))
  }

  #load(waiter: Waiter, loading: Loading): void {
    loading.running++
    this.#awaited++
    const cancel = this.#clock.after(this.#patience, () => this.#endWaiting(waiter, load))
    const load: Load = { loading, beganAt: this.#clock.now(), cancel, isAwaited: true }
    this.#loads.set(waiter, load)
  }

  /** The request has ended, or has been waited for long enough. */
  #endWaiting(waiter: Waiter, load: Load): void {
    const { loading } = load
    load.cancel()
    load.isAwaited = false
    loading.running--
    this.#awaited--
    if (waiter.isCold) {
      loading.allowed++
      this.#resume(loading, this.#room(loading))
    } else this.#resumeAll(loading)
    this.#resumeLines()
    this.#forgetIfOver(waiter.requestClass, loading)
  }

  #learn(milliseconds: number): void {
    this.#usual += (this.#hasLearned ? learning : 1) * (milliseconds - this.#usual)
    this.#hasLearned = true
  }

  #room({ allowed, running, resumed }: Loading): number {
    return allowed - running - resumed.size
  }

  /** Returns how many may try again. */
  #resume(loading: Loading, most: number): number {
    const waiters: Waiter[] = []
    for (const waiter of loading.deferred) {
      if (waiters.length >= most) break
      loading.deferred.delete(waiter)
      loading.resumed.add(waiter)
      waiters.push(waiter)
    }
    this.#deferred -= waiters.length
    if (loading.deferred.size === 0) this.#unline(loading)
    if (waiters.length > 0) this.#onResume(waiters)
    return waiters.length
  }

  #resumeAll(loading: Loading): void {
    this.#resume(loading, loading.deferred.size)
  }

  #resumeLines(): void {
    let room = this.#limits.most - this.#awaited
    while (room > 0) {
      const [known] = this.#known
      const [newcomer] = this.#newcomers
      const next = this.#isNewcomersTurn ? (newcomer ?? known) : (known ?? newcomer)
      if (next === undefined) return
      this.#isNewcomersTurn = next !== newcomer
      // It goes to the end of its line if it is deferred again.
      this.#unline(next)
      room -= this.#resume(next, Math.min(room, this.#room(next)))
    }
  }

  #unline(loading: Loading): void {
    this.#known.delete(loading)
    this.#newcomers.delete(loading)
  }

  #loadingOf({ requestClass }: Waiter): Loading {
    const known = this.#classes.get(requestClass)
    if (known !== undefined) return known
    const loading = {
      running: 0,
      allowed: 1,
      deferred: new Set<Waiter>(),
      resumed: new Set<Waiter>(),
    }
    this.#classes.set(requestClass, loading)
    return loading
  }

  #forgetIfOver(requestClass: string, { running, deferred, resumed }: Loading): void {
    if (running + deferred.size + resumed.size === 0) this.#classes.delete(requestClass)
  }
}
