/** The classes that hold slots, by name. Pure. */
import { LinkedList } from '@resumelb/common'
import { BegunClasses } from './begun-classes.ts'
import { type HeldSlot, Holder } from './holder.ts'

/** Maximum number of classes that have a share of their own. Those beyond have one together. */
const maxHolders = 10_000

export class Holders<Worker> {
  readonly #known = new Map<string, Holder<Worker>>()
  /** Those of {@link #known} without requests, the longest idle first. */
  readonly #idle = new LinkedList<Holder<Worker>>()
  /** Classes that have no share of their own, as long as they have requests in progress. */
  readonly #newcomers = new Map<string, Holder<Worker>>()
  readonly #allNewcomers = new Holder<Worker>('')
  /** Newcomers of all load balancers, as the workers say. */
  readonly #begun = new BegunClasses(new Holder('', this.#allNewcomers))

  isKnown(name: string): boolean {
    return this.#known.has(name)
  }

  /** The holder of the name, which may be new. */
  find(name: string): Holder<Worker> {
    const holder = this.#known.get(name) ?? this.#newcomers.get(name)
    return holder ?? new Holder(name, this.#allNewcomers)
  }

  /** A worker says that it has begun a request of the class, of whichever load balancer. */
  readBegun(name: string, worker: Worker): void {
    if (!this.#known.has(name)) this.#begun.begin(name, worker)
  }

  /** A worker says that it has served the class, or no longer has a request of it. */
  readEnded(name: string, worker: Worker): void {
    this.#begun.end(name, worker)
  }

  /** Forgets what the worker has said. */
  leave(worker: Worker): void {
    this.#begun.leave(worker)
  }

  begin(holder: Holder<Worker>, held: HeldSlot<Worker>): void {
    if (holder.isKnown) this.#idle.remove(holder)
    else if (holder.requests === 0) this.#newcomers.set(holder.name, holder)
    holder.add(held)
  }

  end(holder: Holder<Worker>, held: HeldSlot<Worker>): void {
    holder.remove(held)
    if (holder.requests > 0) return
    if (!holder.isKnown) this.#newcomers.delete(holder.name)
    else if (this.#known.get(holder.name) === holder) this.#idle.add(holder)
  }

  /**
   * The class was served: it has a share of its own from now on, and its further requests count
   * there; if they take long, those in progress as well. Without `mayReplace`, only if that takes it from no other class.
   */
  learn(name: string, mayReplace: boolean, now: number): void {
    if (this.#known.has(name)) return
    if (this.#known.size >= maxHolders && !(mayReplace && this.#forgetOne())) return
    const newcomer = this.#newcomers.get(name)
    if (newcomer?.isSlow(now)) {
      this.#newcomers.delete(name)
      newcomer.leaveGroup()
      this.#known.set(name, newcomer)
      return
    }
    const holder = new Holder<Worker>(name)
    this.#known.set(name, holder)
    this.#idle.add(holder)
  }

  #forgetOne(): boolean {
    const { first } = this.#idle
    if (first === undefined) return false
    this.#idle.remove(first)
    return this.#known.delete(first.name)
  }
}
