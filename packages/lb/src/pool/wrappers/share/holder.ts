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
  /**
   * So many slots it may hold at least, as it has shown: one more than it held when the last request
   * was served. 0 if none was served since it had none in progress.
   */
  proven = 0
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

  remove(held: HeldSlot<Worker>, isServed: boolean): void {
    this.#held.remove(held)
    this.#discount(held.worker, isServed)
    if (this.group === undefined) return
    if (this.requests === 0) this.group.#members.remove(this)
    this.group.#discount(held.worker, isServed)
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

  #discount(worker: Worker, isServed: boolean): void {
    if (isServed) this.proven = 1 + (this.holding?.slots ?? this.requests)
    if (--this.requests === 0) this.proven = 0
    this.holding?.remove(worker)
  }
}

/** The workers of a class that has many requests in progress. */
export class Holding<Worker> {
  /** Its requests, by worker. */
  readonly #requests = new Map<Worker, number>()
  /** Slots that these hold. */
  slots = 0
  /** Workers where it has no request. */
  readonly others: Set<Worker>
  /** Workers that it is to leave to other classes, and these and {@link others}. */
  #reserved: ReadonlySet<Worker> | undefined
  #kept: Set<Worker> | undefined
  readonly #slotsAt: (worker: Worker) => number
  /** The list of workers that this is about. */
  readonly version: number

  /** `slotsAt` says how many slots of a worker it can hold; 0 if the worker does not count. */
  constructor(workers: Iterable<Worker>, slotsAt: (worker: Worker) => number, version: number) {
    this.others = new Set(workers)
    this.#slotsAt = slotsAt
    this.version = version
  }

  add(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) + 1
    this.#requests.set(worker, requests)
    this.others.delete(worker)
    if (this.#reserved?.has(worker) === false) this.#kept?.delete(worker)
    if (requests <= this.#slotsAt(worker)) this.slots++
  }

  remove(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) - 1
    if (requests > 0) this.#requests.set(worker, requests)
    else this.#requests.delete(worker)
    const most = this.#slotsAt(worker)
    if (requests === 0 && most > 0) {
      this.others.add(worker)
      this.#kept?.add(worker)
    }
    if (requests < most) this.slots--
  }

  /** Workers that it is to leave to other classes: what `find` returned at the first call. */
  reserved(find: () => ReadonlySet<Worker>): ReadonlySet<Worker> {
    this.#reserved ??= find()
    return this.#reserved
  }

  /**
   * Workers that it is to leave to others when it holds its share: those where it has no request,
   * and the reserved ones, if it has requests at any that are not.
   */
  kept(find: () => ReadonlySet<Worker>, workers: number): ReadonlySet<Worker> {
    this.#kept ??= new Set([...this.others, ...this.reserved(find)])
    return this.#kept.size < workers ? this.#kept : this.others
  }
}
