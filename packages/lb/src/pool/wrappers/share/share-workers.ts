/** The workers whose slots classes share, and how many of these one class may hold. Pure. */
import { shareOfSlots } from '@resumelb/common'
import { hashString, mix32 } from '../../structures/hash.ts'

/** A worker. */
interface ShareWorker {
  readonly hash: number
  /** Slots that count; 0 if the worker takes requests only when no other can. */
  slots: number
}

export class ShareWorkers<Worker> {
  readonly #share: number
  readonly #all = new Map<Worker, ShareWorker>()
  /** Those that have slots which count. */
  readonly #counted = new Set<Worker>()
  #slots = 0
  /** Slots that one class may hold. */
  limit = 1
  /** Slots that each of the classes may hold that have one share together. */
  newcomerLimit = 1
  /** Slots that one class could hold if only the workers restricted it. */
  #reachable = 0
  #reserved: ReadonlySet<Worker> | undefined
  /** Grows when the workers change. */
  version = 0

  /** `share` is above 0 and up to 1. */
  constructor(share: number) {
    this.#share = share
  }

  /** The workers that count. */
  get list(): Iterable<Worker> & { readonly size: number } {
    return this.#counted
  }

  /**
   * Whether a class could hold more than its share, as far as the workers are concerned. Those with
   * several slots keep some of them by themselves.
   */
  get areTight(): boolean {
    return this.#reachable > this.limit
  }

  /** `key` is the same in all load balancers. */
  set(worker: Worker, key: string, slots: number): void {
    let known = this.#all.get(worker)
    if (known === undefined) {
      known = { hash: hashString(key), slots: 0 }
      this.#all.set(worker, known)
    }
    this.#setSlots(worker, known, slots)
  }

  remove(worker: Worker): void {
    const known = this.#all.get(worker)
    if (known === undefined) return
    this.#setSlots(worker, known, 0)
    this.#all.delete(worker)
  }

  /** Slots of the worker that one class may hold; 0 if it does not count. */
  readonly slotsOfClass = (worker: Worker): number => {
    const limit = this.#all.get(worker)?.slots ?? 0
    return limit === 0 ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  /** Slots of the worker that one of the classes may hold that have one share together. */
  readonly slotsOfNewcomer = (worker: Worker): number => {
    const limit = this.slotsOfClass(worker)
    return limit === 0 ? 0 : shareOfSlots({ limit, share: this.#share })
  }

  /**
   * The workers that a class is to leave to others when it has more requests than it may hold slots.
   * All load balancers find the same ones, by a hash of class and worker: together, they would have
   * the class at all workers otherwise.
   */
  reservedFrom(
    requestClass: string,
    limit: number,
    slotsAt: (worker: Worker) => number,
  ): ReadonlySet<Worker> {
    const hash = hashString(requestClass)
    const ranked = [...this.#counted].map((worker) => {
      return { worker, rank: mix32(hash ^ (this.#all.get(worker)?.hash ?? 0)) }
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

  /** The workers that all slow classes are to leave to the others. */
  get reserved(): ReadonlySet<Worker> {
    this.#reserved ??= this.reservedFrom('', this.limit, this.slotsOfClass)
    return this.#reserved
  }

  #setSlots(worker: Worker, known: ShareWorker, slots: number): void {
    if (known.slots === slots) return
    this.#count(worker, known, -1)
    known.slots = slots
    this.#count(worker, known, 1)
    if (slots === 0) this.#counted.delete(worker)
    else this.#counted.add(worker)
    this.limit = shareOfSlots({ limit: this.#slots, share: this.#share })
    this.newcomerLimit = shareOfSlots({ limit: this.limit, share: this.#share })
    this.version++
    this.#reserved = undefined
  }

  #count(worker: Worker, { slots }: ShareWorker, sign: 1 | -1): void {
    this.#slots += sign * slots
    this.#reachable += sign * this.slotsOfClass(worker)
  }
}
