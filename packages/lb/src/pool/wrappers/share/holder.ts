/** Where a class holds slots. Pure. */
import { type Linked, LinkedList } from '@resumelb/common'

/** A request in progress. */
export interface HeldSlot<Worker> extends Linked<HeldSlot<Worker>> {
  readonly worker: Worker
}

/** A class, or all classes together that have no share of their own. */
export class Holder<Worker> implements Linked<Holder<Worker>> {
  readonly name: string
  /** All newcomers together, if it is one of them. */
  readonly group: Holder<Worker> | undefined
  /** Its requests in progress. */
  readonly #held = new LinkedList<HeldSlot<Worker>>()
  /** The newcomers with requests in progress, if this is all of them together. */
  readonly #members = new LinkedList<Holder<Worker>>()
  /** How many requests these are. */
  requests = 0
  /** Where they are, if there are so many that they could hold its share. */
  holding: Holding<Worker> | undefined
  before: Holder<Worker> | undefined
  after: Holder<Worker> | undefined
  isChained = false

  constructor(name: string, group?: Holder<Worker>) {
    this.name = name
    this.group = group
  }

  /** Whether it has a share of its own. */
  get isKnown(): boolean {
    return this.group === undefined
  }

  add(held: HeldSlot<Worker>): void {
    this.#held.add(held)
    this.#count(held.worker)
    if (this.group === undefined) return
    this.group.#members.add(this)
    this.group.#count(held.worker)
  }

  remove(held: HeldSlot<Worker>): void {
    this.#held.remove(held)
    this.#discount(held.worker)
    if (this.group === undefined) return
    if (this.requests === 0) this.group.#members.remove(this)
    this.group.#discount(held.worker)
  }

  /** The workers of its requests, each as many times as it has requests there. */
  *workers(): Generator<Worker, void, undefined> {
    for (const { worker } of this.#held) yield worker
    for (const member of this.#members) yield* member.workers()
  }

  #count(worker: Worker): void {
    this.requests++
    this.holding?.add(worker)
  }

  #discount(worker: Worker): void {
    this.requests--
    this.holding?.remove(worker)
  }
}

/** The workers of a class that has many requests in progress. */
export class Holding<Worker> {
  /** Its requests, by worker. */
  readonly #requests = new Map<Worker, number>()
  /** Slots that these hold. */
  slots = 0
  /** Workers where it could hold more slots. */
  readonly elsewhere: Set<Worker>
  /** Workers that it is to leave to other classes. */
  #reserved: ReadonlySet<Worker> | undefined
  /** These, and {@link elsewhere}. */
  #kept: Set<Worker> | undefined
  readonly #slotsAt: (worker: Worker) => number
  /** The list of workers that this is about. */
  readonly version: number

  /** `slotsAt` says how many slots of a worker it can hold; 0 if the worker does not count. */
  constructor(workers: Iterable<Worker>, slotsAt: (worker: Worker) => number, version: number) {
    this.elsewhere = new Set(workers)
    this.#slotsAt = slotsAt
    this.version = version
  }

  add(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) + 1
    this.#requests.set(worker, requests)
    const most = this.#slotsAt(worker)
    if (requests <= most) this.slots++
    if (requests !== most) return
    this.elsewhere.delete(worker)
    if (this.#reserved?.has(worker) === false) this.#kept?.delete(worker)
  }

  remove(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) - 1
    if (requests > 0) this.#requests.set(worker, requests)
    else this.#requests.delete(worker)
    if (requests >= this.#slotsAt(worker)) return
    this.slots--
    this.elsewhere.add(worker)
    this.#kept?.add(worker)
  }

  /**
   * Workers that it is to leave to others when it holds its share: those where it could hold more
   * slots, and the reserved ones, if there are others of the `workers`. `find` finds the reserved.
   */
  kept(find: () => ReadonlySet<Worker>, workers: number): ReadonlySet<Worker> {
    this.#reserved ??= find()
    this.#kept ??= new Set([...this.elsewhere, ...this.#reserved])
    return this.#kept.size < workers ? this.#kept : this.elsewhere
  }
}
