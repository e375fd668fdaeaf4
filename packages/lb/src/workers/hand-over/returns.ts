/** Classes that others serve until the workers that should have them are ready. */
import type { Clock } from '@resumelb/common'
import type { RequestClass } from '@resumelb/protocol'
import type { WorkerSummary, WorkerUpdate } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'

/** Absent workers that are remembered, and so many classes of each. */
const maxAbsent = 1_000

/**
 * Milliseconds from when a worker is ready until its classes return to it. When workers are
 * restarted one after the other, the next one leaves within this time.
 */
const returnDelay = 3_000

export interface ReturnsContext {
  readonly clock: Clock
  /** What the workers have; absent if the pool does not know. */
  summaries(): readonly WorkerSummary<Worker>[] | undefined
}

interface Absence {
  /** The workers that got warm for its classes. */
  readonly substitutes: Map<RequestClass, Worker>
  /** Of these, the classes that it is warm for when it is ready. */
  readonly warm: Set<RequestClass>
  /** It joins: the reports of what it is warm for may come after that of its state. */
  readonly joins: boolean
  isReady: boolean
  /** Present while its classes are about to return. */
  cancel: (() => void) | undefined
}

/**
 * When a worker is back, and warm for a class, the one that had the class meanwhile forgets the
 * skill. Otherwise both would get its requests, and keep it in their caches.
 *
 * If another worker leaves before that, its classes take the place of those that were to return: in
 * a rolling restart, so, each class moves once instead of twice, and no cache has to hold more
 * classes than before.
 */
export class Returns {
  readonly #context: ReturnsContext
  /** By the address of the worker, the latest last. */
  readonly #absences: Map<string, Absence> = new Map()
  /** The workers to which classes are about to return, the first one first. */
  readonly #waiting: Map<Worker, Absence> = new Map()

  constructor(context: ReturnsContext) {
    this.#context = context
  }

  /** Whether classes are about to return. */
  get isActive(): boolean {
    return this.#waiting.size > 0
  }

  /** The worker is about to be away, and others are warm for these classes. */
  leave(worker: Worker, substitutes: ReadonlyMap<RequestClass, Worker>): void {
    if (substitutes.size === 0) return
    for (const [requestClass, next] of substitutes) this.#pass(requestClass, worker, next)
    const warm = new Set(substitutes.keys())
    this.#expect(worker, new Map(substitutes), warm, false)
  }

  /** The worker that joins gets warm for classes that these workers have. */
  join(worker: Worker, donors: ReadonlyMap<RequestClass, Worker>): void {
    this.#expect(worker, new Map(donors), new Set(), true)
  }

  #expect(
    worker: Worker,
    substitutes: Map<RequestClass, Worker>,
    warm: Set<RequestClass>,
    joins: boolean,
  ): void {
    this.pause(worker)
    this.#absences.delete(worker.key)
    const absence = { substitutes, warm, joins, isReady: false, cancel: undefined }
    this.#absences.set(worker.key, absence)
    const [oldest] = this.#absences.keys()
    if (this.#absences.size > maxAbsent && oldest !== undefined) this.#absences.delete(oldest)
  }

  /** No classes return to the worker until {@link onUpdate} says again that it is ready. */
  pause(worker: Worker): void {
    const absence = this.#waiting.get(worker)
    this.#waiting.delete(worker)
    if (absence === undefined) return
    absence.cancel?.()
    absence.cancel = undefined
  }

  /** The connection to the worker is lost: it may be a new process that comes back. */
  lose(worker: Worker): void {
    this.pause(worker)
    this.#absences.get(worker.key)?.warm.clear()
  }

  /** What a worker tells. */
  onUpdate(worker: Worker, { resume, changes, traits }: WorkerUpdate): void {
    const absence = this.#absences.get(worker.key)
    if (absence === undefined) return
    for (const [requestClass, skill] of [...(resume ?? []), ...(changes ?? [])]) {
      if (skill === null) absence.warm.delete(requestClass)
      else if (absence.substitutes.has(requestClass)) absence.warm.add(requestClass)
    }
    if (traits !== undefined) {
      absence.isReady = traits.state === 'ready' && traits.keeps === undefined
    }
    if (!absence.isReady) this.pause(worker)
    else if (absence.joins) this.#giveBack(worker, absence, absence.warm)
    else this.#wait(worker, absence)
  }

  /**
   * A worker that is free for a class of a worker that leaves, because others can keep one of the
   * classes that were about to return to it. `leaves` says which workers are about to leave.
   */
  exchange(leaves: (worker: Worker) => boolean): Worker | undefined {
    for (const [worker, { warm, substitutes }] of this.#waiting) {
      if (leaves(worker)) continue
      for (const requestClass of warm) {
        const substitute = substitutes.get(requestClass)
        if (substitute === undefined || substitute === worker || leaves(substitute)) continue
        warm.delete(requestClass)
        substitutes.delete(requestClass)
        worker.handOver({ step: 'forget', classes: [requestClass] })
        return worker
      }
    }
    return undefined
  }

  #wait(worker: Worker, absence: Absence): void {
    if (absence.cancel !== undefined) return
    absence.cancel = this.#context.clock.after(returnDelay, () => {
      this.pause(worker)
      this.#giveBack(worker, absence, this.#shareOf(absence))
    })
    this.#waiting.set(worker, absence)
  }

  /**
   * The classes that return: those for which the worker has, with what has returned before, not
   * both two classes more and more work than the substitute has left.
   */
  #shareOf({ warm, substitutes }: Absence): Set<RequestClass> {
    const summaries = new Map(this.#context.summaries()?.map((each) => [each.worker, each]))
    const share = new Set<RequestClass>()
    const given = new Map<Worker, Load>()
    let own: Load = { classes: 0, demand: 0 }
    for (const requestClass of warm) {
      const substitute = substitutes.get(requestClass)
      const summary = substitute && summaries.get(substitute)
      if (summary !== undefined) {
        const gone = given.get(summary.worker) ?? { classes: 0, demand: 0 }
        const left = {
          classes: summary.classes - gone.classes,
          demand: summary.demand - gone.demand,
        }
        if (own.classes > left.classes + 1 && own.demand > left.demand) continue
        given.set(summary.worker, plus(gone, summary.demandOf(requestClass)))
        own = plus(own, summary.demandOf(requestClass))
      }
      share.add(requestClass)
    }
    return share
  }

  /** Of the classes that it is warm for, `share` are its own again. */
  #giveBack(worker: Worker, absence: Absence, share: ReadonlySet<RequestClass>): void {
    const { substitutes, warm, joins } = absence
    const returned = byWorker(absence, share)
    const kept = [...warm].filter((requestClass) => !share.has(requestClass))
    for (const requestClass of warm) substitutes.delete(requestClass)
    warm.clear()
    if (!joins || substitutes.size === 0) this.#absences.delete(worker.key)
    // Without a warm-up, its caches are cold, whatever its résumé says.
    if (!worker.handsOver) return
    if (kept.length > 0) worker.handOver({ step: 'forget', classes: kept })
    for (const [substitute, classes] of returned) {
      if (substitute !== worker) substitute.handOver({ step: 'forget', classes })
    }
  }

  /** A substitute leaves in turn: another one takes its place. */
  #pass(requestClass: RequestClass, from: Worker, to: Worker): void {
    for (const { substitutes } of this.#absences.values()) {
      if (substitutes.get(requestClass) === from) substitutes.set(requestClass, to)
    }
  }
}

/** What a worker has to do. */
interface Load {
  readonly classes: number
  /** Seconds of work per second. */
  readonly demand: number
}

/** With one class more. */
function plus({ classes, demand }: Load, more: number): Load {
  return { classes: classes + 1, demand: demand + more }
}

function byWorker(
  { substitutes }: Absence,
  share: ReadonlySet<RequestClass>,
): Map<Worker, RequestClass[]> {
  const classes = new Map<Worker, RequestClass[]>()
  for (const requestClass of share) {
    const worker = substitutes.get(requestClass)
    if (worker === undefined) continue
    const some = classes.get(worker) ?? []
    classes.set(worker, some)
    some.push(requestClass)
  }
  return classes
}
