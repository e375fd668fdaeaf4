/** Classes that go from one worker to another, which is warm for them first. */
import type { HandedClass, HandOver, RequestClass } from '@resumelb/protocol'
import type { WorkerSummary, WorkerTraits, WorkerUpdate } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'
import { Returns } from './returns.ts'
import { Successors } from './successors.ts'

/** Classes that one worker may hand over: more than a worker of ours does. */
const maxHandedClasses = 20_000

export interface HandOversContext {
  /** What the workers that may take requests have; absent if the pool does not know. */
  summaries(): readonly WorkerSummary<Worker>[] | undefined
  /** The worker that would get a request of the class if those to be avoided were gone. */
  choose(requestClass: RequestClass, avoid: ReadonlySet<Worker>): Worker | undefined
}

interface Leaver {
  /** Classes that no other worker is known to be warm for. */
  readonly keeps: Set<RequestClass>
  /** The workers that get warm for its classes. */
  readonly successors: Map<RequestClass, Worker>
  /** Absent until classes are planned, and if the pool does not know what workers have. */
  plan: Successors<Worker> | undefined
  /** This load balancer plans. */
  plans: boolean
  /** All its classes have been named. */
  isWhole: boolean
}

/**
 * A worker that leaves keeps its classes until another one reports the skill. This load balancer
 * chooses the others if the worker asks it to; each load balancer sees by the same reports when a
 * class has moved.
 */
export class HandOvers {
  readonly #context: HandOversContext
  readonly #leavers: Map<Worker, Leaver> = new Map()
  readonly #returns = new Returns()

  constructor(context: HandOversContext) {
    this.#context = context
  }

  /** A worker says that it leaves, and names classes. Returns whether it had not said so before. */
  begin(worker: Worker, message: HandOver & { step: 'leaving' }): boolean {
    const known = this.#leavers.get(worker)
    const leaver = known ?? createLeaver()
    this.#leavers.set(worker, leaver)
    // The load balancer that has planned so far is lost: what has moved has moved.
    const isResumed = leaver.isWhole
    if (message.plans && !leaver.plans) this.#beginPlan(leaver)
    for (const handed of message.classes) {
      const { requestClass } = handed
      if (isResumed ? !leaver.keeps.has(requestClass) : leaver.keeps.size >= maxHandedClasses) {
        continue
      }
      if (!message.plans || this.#prepare(leaver, handed)) leaver.keeps.add(requestClass)
      else leaver.keeps.delete(requestClass)
    }
    leaver.isWhole = !message.goesOn
    this.#lookWhetherDone(worker, leaver)
    return known === undefined
  }

  /** The worker drains. */
  end(worker: Worker): void {
    const leaver = this.#leavers.get(worker)
    this.#leavers.delete(worker)
    if (leaver !== undefined) this.#returns.leave(worker, leaver.successors)
  }

  /** The connection to the worker is lost. */
  lose(worker: Worker): void {
    this.end(worker)
    this.#returns.lose(worker)
  }

  /** The traits of a worker, with the classes that it keeps if it leaves. */
  traitsOf(worker: Worker, traits: WorkerTraits): WorkerTraits {
    const keeps = this.#leavers.get(worker)?.keeps
    return keeps === undefined ? traits : { ...traits, keeps }
  }

  /** Another worker that reports a skill has the class in its caches. */
  onUpdate(worker: Worker, news: WorkerUpdate): void {
    if (!this.#leavers.has(worker)) this.#returns.onUpdate(worker, news)
    if (this.#leavers.size === 0 || news.changes === undefined || this.#leavers.has(worker)) return
    for (const [leavingWorker, leaver] of this.#leavers) {
      for (const [requestClass, skill] of news.changes) {
        if (skill !== null) leaver.keeps.delete(requestClass)
      }
      this.#lookWhetherDone(leavingWorker, leaver)
    }
  }

  #beginPlan(leaver: Leaver): void {
    leaver.plans = true
    const summaries = this.#context.summaries()
    const stay = summaries?.filter(({ worker }) => worker.handsOver && !this.#leavers.has(worker))
    leaver.plan = stay && new Successors(stay)
  }

  /** Returns whether a worker gets warm for the class. */
  #prepare({ plan, successors }: Leaver, handed: HandedClass): boolean {
    const { requestClass } = handed
    const successor =
      plan === undefined
        ? this.#context.choose(requestClass, new Set(this.#leavers.keys()))
        : plan.choose(handed)
    if (successor?.handOver({ step: 'prepare', handed }) !== true) return false
    successors.set(requestClass, successor)
    return true
  }

  #lookWhetherDone(worker: Worker, { keeps, plans, isWhole }: Leaver): void {
    if (plans && isWhole && keeps.size === 0) worker.handOver({ step: 'done' })
  }
}

function createLeaver(): Leaver {
  return {
    keeps: new Set(),
    successors: new Map(),
    plan: undefined,
    plans: false,
    isWhole: false,
  }
}
