/** Classes that others serve until the workers that should have them are ready. */
import type { RequestClass } from '@resumelb/protocol'
import type { WorkerUpdate } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'

/** Absent workers that are remembered, and so many classes of each. */
const maxAbsent = 1_000

interface Absence {
  /** The workers that got warm for its classes. */
  readonly substitutes: Map<RequestClass, Worker>
  /** Of these, the classes that it is warm for when it is ready. */
  readonly warm: Set<RequestClass>
  /** It joins: the reports of what it is warm for may come after that of its state. */
  readonly joins: boolean
  isReady: boolean
}

/**
 * When a worker is back, and warm for a class, the one that had the class meanwhile forgets the
 * skill. Otherwise both would get its requests, and keep it in their caches.
 */
export class Returns {
  /** By the address of the worker, the latest last. */
  readonly #absences: Map<string, Absence> = new Map()

  /** The worker is about to be away, and others are warm for these classes. */
  leave(worker: Worker, substitutes: ReadonlyMap<RequestClass, Worker>): void {
    if (substitutes.size === 0) return
    for (const [requestClass, next] of substitutes) this.#pass(requestClass, worker, next)
    const warm = new Set(substitutes.keys())
    const copy = new Map(substitutes)
    this.#expect(worker, { substitutes: copy, warm, joins: false, isReady: false })
  }

  #expect(worker: Worker, absence: Absence): void {
    this.#absences.delete(worker.key)
    this.#absences.set(worker.key, absence)
    const [oldest] = this.#absences.keys()
    if (this.#absences.size > maxAbsent && oldest !== undefined) this.#absences.delete(oldest)
  }

  /** The worker that joins gets warm for classes that these workers have. */
  join(worker: Worker, donors: ReadonlyMap<RequestClass, Worker>): void {
    const substitutes = new Map(donors)
    this.#expect(worker, { substitutes, warm: new Set(), joins: true, isReady: false })
  }

  /** The connection to the worker is lost: it may be a new process that comes back. */
  lose(worker: Worker): void {
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
    if (absence.isReady) this.#giveBack(worker, absence)
  }

  #giveBack(worker: Worker, absence: Absence): void {
    const { substitutes, warm, joins } = absence
    const returned = byWorker(absence)
    for (const requestClass of warm) substitutes.delete(requestClass)
    warm.clear()
    if (!joins || substitutes.size === 0) this.#absences.delete(worker.key)
    // Without a warm-up, its caches are cold, whatever its résumé says.
    if (!worker.handsOver) return
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

function byWorker({ substitutes, warm }: Absence): Map<Worker, RequestClass[]> {
  const classes = new Map<Worker, RequestClass[]>()
  for (const requestClass of warm) {
    const worker = substitutes.get(requestClass)
    if (worker === undefined) continue
    const some = classes.get(worker) ?? []
    classes.set(worker, some)
    some.push(requestClass)
  }
  return classes
}
