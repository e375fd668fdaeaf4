/** The workers of a class that has several requests in progress. Pure. */

/** What a holding needs to know of the workers. */
export interface HoldableWorkers<Worker> {
  /** Those that count. */
  readonly list: Iterable<Worker> & { readonly size: number }
  /** How many slots of a worker the class can hold; 0 if the worker does not count. */
  slotsAt(worker: Worker): number
  /** Those that the class is to leave to others when it has as many requests as its share. */
  reserved(): ReadonlySet<Worker>
}

/** The workers that the class is to leave to others. */
interface Left<Worker> {
  readonly reserved: ReadonlySet<Worker>
  /** Reserved ones where it could hold more slots. */
  readonly unheld: Set<Worker>
  /** Reserved ones, and all others where it could hold more slots. */
  readonly all: Set<Worker>
}

/**
 * Counts slots at once, and finds the sets of workers only when they are asked for: few classes hold
 * so many slots.
 */
export class Holding<Worker> {
  readonly #workers: HoldableWorkers<Worker>
  /** Requests of the class, by worker. */
  readonly #requests = new Map<Worker, number>()
  #elsewhere: Set<Worker> | undefined
  #left: Left<Worker> | undefined
  /** Slots that these hold. */
  slots = 0
  /** The list of workers that this is about. */
  readonly version: number

  constructor(workers: HoldableWorkers<Worker>, version: number) {
    this.#workers = workers
    this.version = version
  }

  add(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) + 1
    this.#requests.set(worker, requests)
    const most = this.#workers.slotsAt(worker)
    if (requests <= most) this.slots++
    if (requests !== most) return
    this.#elsewhere?.delete(worker)
    this.#left?.unheld.delete(worker)
    if (this.#left?.reserved.has(worker) === false) this.#left.all.delete(worker)
  }

  remove(worker: Worker): void {
    const requests = (this.#requests.get(worker) ?? 0) - 1
    if (requests > 0) this.#requests.set(worker, requests)
    else this.#requests.delete(worker)
    if (requests >= this.#workers.slotsAt(worker)) return
    this.slots--
    this.#elsewhere?.add(worker)
    this.#left?.all.add(worker)
    if (this.#left?.reserved.has(worker)) this.#left.unheld.add(worker)
  }

  /** Workers where the class could hold more slots. */
  get elsewhere(): ReadonlySet<Worker> {
    if (this.#elsewhere !== undefined) return this.#elsewhere
    const elsewhere = new Set<Worker>()
    for (const worker of this.#workers.list) {
      if ((this.#requests.get(worker) ?? 0) < this.#workers.slotsAt(worker)) elsewhere.add(worker)
    }
    this.#elsewhere = elsewhere
    return elsewhere
  }

  /** Reserved workers where it could hold more slots. */
  get unheld(): ReadonlySet<Worker> {
    return this.#leave().unheld
  }

  /** The reserved workers, and {@link elsewhere}. Only the latter if these are all workers. */
  get left(): ReadonlySet<Worker> {
    const { all } = this.#leave()
    return all.size < this.#workers.list.size ? all : this.elsewhere
  }

  #leave(): Left<Worker> {
    if (this.#left !== undefined) return this.#left
    const reserved = this.#workers.reserved()
    const { elsewhere } = this
    const unheld = new Set([...reserved].filter((worker) => elsewhere.has(worker)))
    this.#left = { reserved, unheld, all: new Set([...elsewhere, ...reserved]) }
    return this.#left
  }
}
