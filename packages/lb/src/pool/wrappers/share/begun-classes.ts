/** Which workers have begun requests of classes that none of them has served. Pure. */
import type { RequestClass } from '@resumelb/protocol'
import type { HeldSlot, Holder } from './holder.ts'

/**
 * Maximum number of classes of a worker, the same for which a worker says so. One is enough to hold
 * a slot; those beyond do not hold it any longer.
 */
const maxClasses = 1024

/** A slot of a worker, and the classes by which it is held. */
interface Begun<Worker> {
  readonly held: HeldSlot<Worker>
  readonly classes: Set<RequestClass>
}

/**
 * Holds a slot of each worker that says that it has begun such requests, whichever load balancer
 * has sent them. How many these are is not known.
 */
export class BegunClasses<Worker> {
  readonly #holder: Holder<Worker>
  readonly #begun = new Map<Worker, Begun<Worker>>()

  /** `holder` is to hold the slots. */
  constructor(holder: Holder<Worker>) {
    this.#holder = holder
  }

  /** The worker says that it has begun a request of the class. */
  begin(requestClass: RequestClass, worker: Worker): void {
    const { classes } = this.#begun.get(worker) ?? this.#hold(worker)
    if (classes.size < maxClasses) classes.add(requestClass)
  }

  /** The worker says that it has served the class, or that it is new no longer. */
  end(requestClass: RequestClass, worker: Worker): void {
    const begun = this.#begun.get(worker)
    if (begun?.classes.delete(requestClass) && begun.classes.size === 0) this.leave(worker)
  }

  /** The worker has gone, or says everything anew. */
  leave(worker: Worker): void {
    const begun = this.#begun.get(worker)
    if (begun === undefined) return
    this.#begun.delete(worker)
    this.#holder.remove(begun.held)
  }

  #hold(worker: Worker): Begun<Worker> {
    const held = { worker, before: undefined, after: undefined, isChained: false }
    const begun = { held, classes: new Set<RequestClass>() }
    this.#begun.set(worker, begun)
    this.#holder.add(held)
    return begun
  }
}
