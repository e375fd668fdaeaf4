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
  /** Of these classes, those that it is warm for when it is ready. */
  readonly warm: Set<RequestClass>
  /** Other classes, which it is to forget when it is ready: others had them before it left. */
  readonly foreign: Set<RequestClass>
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
 * If another worker leaves before that, its classes may take the place of those that were to return:
 * in a rolling restart, most classes move once instead of twice, and no cache has to hold more
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

  /**
   * The worker is about to be away, and others are warm for these classes. The `foreign` ones are
   * not its own: it is to forget them.
   */
  leave(
    worker: Worker,
    substitutes: ReadonlyMap<RequestClass, Worker>,
    foreign: ReadonlySet<RequestClass>,
  ): void {
    if (substitutes.size === 0 && foreign.size === 0) return
    for (const [requestClass, next] of substitutes) this.#pass(requestClass, worker, next)
    const warm = new Set(substitutes.keys())
    this.#expect(worker, { substitutes: new Map(substitutes), foreign: new Set(foreign), warm })
  }

  /** The worker that joins gets warm for classes that these workers have. */
  join(worker: Worker, donors: ReadonlyMap<RequestClass, Worker>): void {
    const [foreign, warm] = [new Set<RequestClass>(), new Set<RequestClass>()]
    this.#expect(worker, { substitutes: new Map(donors), foreign, warm }, true)
  }

  #expect(
    worker: Worker,
    classes: Pick<Absence, 'substitutes' | 'foreign' | 'warm'>,
    joins = false,
  ): void {
    this.pause(worker)
    this.#absences.delete(worker.key)
    const absence = { ...classes, joins, isReady: false, cancel: undefined }
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
    if (!absence.isReady) return this.pause(worker)
    this.#forgetForeign(worker, absence)
    if (absence.joins) this.#giveBack(worker, absence, absence.warm)
    else this.#wait(worker, absence)
  }

  /** Returns whether the class was about to return to the worker, which keeps it now. */
  keep(worker: Worker, requestClass: RequestClass): boolean {
    const absence = this.#waiting.get(worker)
    absence?.substitutes.delete(requestClass)
    return absence?.warm.delete(requestClass) === true
  }

  #forgetForeign(worker: Worker, { foreign }: Absence): void {
    if (foreign.size === 0) return
    if (worker.handsOver) worker.handOver({ step: 'forget', classes: [...foreign] })
    foreign.clear()
  }

  /**
   * The workers that are free for a class of a worker that leaves, because others can keep one of
   * the classes that were about to return to them. `leaves` says which workers are about to leave.
   */
  free(leaves: (worker: Worker) => boolean): Set<Worker> {
    const free = new Set<Worker>()
    for (const [worker, absence] of this.#waiting) {
      if (!leaves(worker) && exchangeable(worker, absence, leaves) !== undefined) free.add(worker)
    }
    return free
  }

  /** The worker, which is {@link free}, gets another class for one of those. */
  exchange(worker: Worker, leaves: (worker: Worker) => boolean): void {
    const absence = this.#waiting.get(worker)
    const requestClass = absence && exchangeable(worker, absence, leaves)
    if (requestClass === undefined) return
    absence?.warm.delete(requestClass)
    absence?.substitutes.delete(requestClass)
    worker.handOver({ step: 'forget', classes: [requestClass] })
  }

  #wait(worker: Worker, absence: Absence): void {
    if (absence.cancel !== undefined) return
    absence.cancel = this.#context.clock.after(returnDelay, () => {
      this.pause(worker)
      this.#giveBack(worker, absence, this.#shareOf(worker, absence))
    })
    this.#waiting.set(worker, absence)
  }

  /**
   * The classes that return: those for which the worker has, with what has returned before, not
   * both two classes more and more work than the substitute has left.
   */
  #shareOf(worker: Worker, { warm, substitutes }: Absence): Set<RequestClass> {
    const summaries = new Map(this.#context.summaries()?.map((each) => [each.worker, each]))
    const share = new Set<RequestClass>()
    const given = new Map<Worker, Load>()
    let own = loadWithout(warm, summaries.get(worker))
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

/** A class that was about to return to the worker, and that another one can keep. */
function exchangeable(
  worker: Worker,
  { warm, substitutes }: Absence,
  leaves: (worker: Worker) => boolean,
): RequestClass | undefined {
  for (const requestClass of warm) {
    const substitute = substitutes.get(requestClass)
    if (substitute !== undefined && substitute !== worker && !leaves(substitute)) {
      return requestClass
    }
  }
  return undefined
}

/** What a worker has to do. */
interface Load {
  readonly classes: number
  /** Seconds of work per second. */
  readonly demand: number
}

/** What the worker has besides these classes, of which it has reported skills. */
function loadWithout(
  classes: ReadonlySet<RequestClass>,
  summary: WorkerSummary<Worker> | undefined,
): Load {
  if (summary === undefined) return { classes: 0, demand: 0 }
  let { demand } = summary
  for (const requestClass of classes) demand -= summary.demandOf(requestClass)
  return { classes: Math.max(0, summary.classes - classes.size), demand: Math.max(0, demand) }
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
