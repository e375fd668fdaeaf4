/** Classes of workers that are about to leave, and the workers that get warm for them. */
import type { HandedClass, HandOver, RequestClass } from '@resumelb/protocol'
import type { WorkerTraits, WorkerUpdate } from '../pool/pool.ts'
import type { Worker } from './worker.ts'

/** Classes that one worker may hand over: more than a worker of ours does. */
const maxHandedClasses = 20_000

/** Chooses the worker that would get a request of the class if those to be avoided were gone. */
export type Choose = (requestClass: RequestClass, avoid: ReadonlySet<Worker>) => Worker | undefined

interface Leaver {
  /** Classes that no other worker is known to be warm for. */
  readonly keeps: Set<RequestClass>
  readonly plans: boolean
  /** All its classes have been named. */
  isWhole: boolean
}

/**
 * A worker that leaves keeps its classes until another one reports the skill. This load balancer
 * chooses the others if the worker asks it to; each load balancer sees by the same reports when a
 * class has moved.
 */
export class HandOvers {
  readonly #choose: Choose
  readonly #leavers: Map<Worker, Leaver> = new Map()

  constructor(choose: Choose) {
    this.#choose = choose
  }

  /** A worker says that it leaves, and names classes. Returns whether it had not said so before. */
  begin(worker: Worker, { plans, goesOn, classes }: HandOver & { step: 'leaving' }): boolean {
    const known = this.#leavers.get(worker)
    const leaver = known ?? { keeps: new Set(), plans, isWhole: false }
    this.#leavers.set(worker, leaver)
    leaver.isWhole = !goesOn
    for (const handed of classes) {
      if (leaver.keeps.size >= maxHandedClasses) break
      if (!plans || this.#prepare(handed)) leaver.keeps.add(handed.requestClass)
    }
    this.#lookWhetherDone(worker, leaver)
    return known === undefined
  }

  /** The worker drains, or its connection is lost. */
  end(worker: Worker): void {
    this.#leavers.delete(worker)
  }

  /** The traits of a worker, with the classes that it keeps if it leaves. */
  traitsOf(worker: Worker, traits: WorkerTraits): WorkerTraits {
    const keeps = this.#leavers.get(worker)?.keeps
    return keeps === undefined ? traits : { ...traits, keeps }
  }

  /** Another worker that reports a skill has the class in its caches. */
  onUpdate(worker: Worker, { changes }: WorkerUpdate): void {
    if (this.#leavers.size === 0 || changes === undefined || this.#leavers.has(worker)) return
    for (const [leavingWorker, leaver] of this.#leavers) {
      for (const [requestClass, skill] of changes) {
        if (skill !== null) leaver.keeps.delete(requestClass)
      }
      this.#lookWhetherDone(leavingWorker, leaver)
    }
  }

  /** Returns whether a worker gets warm for the class. */
  #prepare(handed: HandedClass): boolean {
    const successor = this.#choose(handed.requestClass, new Set(this.#leavers.keys()))
    return successor?.handOver({ step: 'prepare', handed }) === true
  }

  #lookWhetherDone(worker: Worker, { keeps, plans, isWhole }: Leaver): void {
    if (plans && isWhole && keeps.size === 0) worker.handOver({ step: 'done' })
  }
}
