/** Classes that go from one worker to another, which is warm for them first. */
import type { Clock, Logger } from '@resumelb/common'
import type { HandedClass, HandOver, RequestClass } from '@resumelb/protocol'
import type { WorkerSummary, WorkerTraits, WorkerUpdate } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'
import { Joins } from './joins.ts'
import { Moves } from './moves.ts'
import { Plans } from './plans.ts'
import { Returns } from './returns.ts'
import { Successors } from './successors.ts'

/** Classes that one worker may hand over: more than a worker of ours does. */
const maxHandedClasses = 20_000

/**
 * Milliseconds in which the classes of a worker move that this load balancer sends no more requests:
 * as much as a worker takes by default before it leaves.
 */
const releaseTime = 10_000

export interface HandOversContext {
  readonly clock: Clock
  readonly log: Logger
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
  /** Of these classes, those that their successors have had before: they do not come back. */
  readonly shared: Set<RequestClass>
  /** Of the shared ones, those that the worker is to forget when it is back. */
  readonly foreign: Set<RequestClass>
  /** Absent until classes are planned, and if the pool does not know what workers have. */
  plan: Successors<Worker> | undefined
  /** This load balancer plans. */
  plans: boolean
  /** It has named classes. */
  isNamed: boolean
  /** All its classes have been named. */
  isWhole: boolean
  /** Its classes come back to it. */
  readonly returns: boolean
  /** Called when they have moved, if this load balancer has begun the hand-over. */
  readonly onOver: (() => void) | undefined
}

/**
 * A worker that leaves keeps its classes until another one reports the skill. This load balancer
 * chooses the others if the worker asks it to; each load balancer sees by the same reports when a
 * class has moved.
 */
export class HandOvers {
  readonly #context: HandOversContext
  readonly #leavers: Map<Worker, Leaver> = new Map()
  readonly #returns: Returns
  readonly #joins: Joins
  readonly #moves: Moves
  readonly #plans: Plans = new Plans()

  constructor(context: HandOversContext) {
    this.#context = context
    const { clock, log } = context
    this.#returns = new Returns(context)
    this.#moves = new Moves(() => context.summaries())
    this.#joins = new Joins({
      ...{ clock, log },
      onPlanned: (worker, donors) => this.#returns.join(worker, donors),
    })
  }

  /** What a worker says. Returns whether its traits are others now. */
  receive(worker: Worker, message: HandOver, others: Iterable<Worker>): boolean {
    if (message.step === 'leaving') this.begin(worker, message)
    else if (message.step === 'staying') this.end(worker)
    else if (message.step === 'offer') this.#onOffer(worker, message)
    else if (message.step === 'joining') this.#joins.begin(worker, this.#donorsFor(worker, others))
    else if (message.step === 'lead') return this.#plans.lead(worker, message.leads)
    return message.step === 'leaving' || message.step === 'staying'
  }

  #onOffer(worker: Worker, message: HandOver & { step: 'offer' }): void {
    if (!this.#moves.onOffer(worker, message)) this.#joins.onOffer(worker, message)
  }

  /**
   * The workers that may give it classes: none if the pool does not learn by résumés where a class
   * is.
   */
  #donorsFor(worker: Worker, others: Iterable<Worker>): Worker[] {
    const version = worker.traits?.version
    if (worker.traits?.standby || this.#context.summaries() === undefined) return []
    return [...others].filter((other) => {
      const { traits } = other
      const isServing = traits?.state === 'ready' && !traits.standby && !this.#leavers.has(other)
      return other !== worker && isServing && traits.version === version
    })
  }

  /** A worker says that it leaves, and names classes. */
  begin(worker: Worker, message: HandOver & { step: 'leaving' }): void {
    const known = this.#leavers.get(worker)
    const leaver = known ?? createLeaver()
    this.#add(worker, leaver)
    leaver.isNamed = true
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
  }

  /**
   * Moves the classes of a worker to others, because this load balancer is to send it nothing more.
   * `onOver` is called when they have moved, or after some time. If it `returns`, they come back to
   * it when it is ready. False if it cannot tell how to get warm for its classes.
   */
  release(worker: Worker, returns: boolean, onOver: () => void): boolean {
    if (!worker.handsOver || this.#leavers.has(worker)) return false
    const { clock, log } = this.#context
    const startedAt = clock.now()
    const over = (isDone: boolean) => {
      if (this.#leavers.get(worker) !== leaver) return
      cancel()
      const seconds = (clock.now() - startedAt) / 1000
      const facts = { worker: worker.key, classes: leaver.successors.size, seconds }
      log.info(facts, isDone ? 'classes handed over' : 'classes not handed over in time')
      this.end(worker)
      onOver()
    }
    const cancel = clock.after(releaseTime, () => over(false))
    const leaver = createLeaver(returns, () => over(true))
    this.#add(worker, leaver)
    return worker.handOver({ step: 'ask', classes: [], releases: true })
  }

  /** What would return to the worker would only move again. */
  #add(worker: Worker, leaver: Leaver): void {
    this.#leavers.set(worker, leaver)
    this.#returns.pause(worker)
  }

  /** Whether the worker still serves classes that are about to move. */
  has(worker: Worker): boolean {
    return this.#leavers.has(worker)
  }

  /** How many classes of the worker have not moved yet; absent if it does not hand over. */
  waitingOf(worker: Worker): number | undefined {
    return this.#leavers.get(worker)?.keeps.size
  }

  /** The worker drains, or stays after all. */
  end(worker: Worker): void {
    const leaver = this.#leavers.get(worker)
    this.#leavers.delete(worker)
    this.#joins.lose(worker)
    // Another load balancer may release it now, and plan that.
    if (leaver?.onOver !== undefined) worker.handOver({ step: 'released' })
    if (!leaver?.returns) return
    const moved = [...leaver.successors].filter(([name]) => !leaver.shared.has(name))
    this.#returns.leave(worker, new Map(moved), leaver.foreign)
  }

  /** The connection to the worker is lost. */
  lose(worker: Worker): void {
    this.end(worker)
    this.#moves.lose(worker)
    this.#plans.lose(worker)
    this.#returns.lose(worker)
  }

  /** The traits of a worker, with the classes that it keeps if it leaves, and how it gets others. */
  traitsOf(worker: Worker, traits: WorkerTraits): WorkerTraits {
    const leaver = this.#leavers.get(worker)
    const shared = this.#plans.traitsOf(worker, traits)
    if (leaver?.isNamed) return { ...shared, keeps: leaver.keeps }
    if (!worker.handsOver) return shared
    return { ...shared, prepare: (requestClass) => this.#move(worker, requestClass) }
  }

  /** While workers come and go, the others have their classes to get warm for. */
  #move(worker: Worker, requestClass: RequestClass): boolean {
    const isBusy = this.#leavers.size > 0 || this.#joins.isActive || this.#returns.isActive
    return !isBusy && this.#moves.begin(worker, requestClass)
  }

  /** Another worker that reports a skill has the class in its caches. */
  onUpdate(worker: Worker, news: WorkerUpdate): void {
    if (news.traits?.state === 'ready') this.#joins.end(worker)
    if (!this.#leavers.has(worker)) this.#returns.onUpdate(worker, news)
    if (this.#leavers.size === 0 || news.changes === undefined || this.#leavers.has(worker)) return
    for (const [leavingWorker, leaver] of this.#leavers) {
      for (const [requestClass, skill] of news.changes) {
        if (skill !== null && skill.count > 0) leaver.keeps.delete(requestClass)
      }
      this.#lookWhetherDone(leavingWorker, leaver)
    }
  }

  #beginPlan(leaver: Leaver): void {
    leaver.plans = true
    const summaries = this.#context.summaries()
    const stay = summaries?.filter(({ worker }) => worker.handsOver && !this.#leavers.has(worker))
    const ready = stay?.filter(({ worker }) => worker.traits?.state === 'ready')
    leaver.plan = stay && new Successors(ready?.length ? ready : stay)
  }

  /** Returns whether a worker gets warm for the class. */
  #prepare(leaver: Leaver, handed: HandedClass): boolean {
    const { requestClass } = handed
    const warmest = leaver.plan?.warmest(handed)
    const successor = warmest ?? this.#newHomeFor(leaver, handed)
    if (successor?.handOver({ step: 'prepare', handed }) !== true) return false
    leaver.successors.set(requestClass, successor)
    if (warmest === undefined) return true
    leaver.shared.add(requestClass)
    const isHome = this.#returns.keep(warmest, requestClass)
    if (isHome || leaver.plan?.isMainHome(warmest, handed)) leaver.foreign.add(requestClass)
    return true
  }

  #newHomeFor({ plan }: Leaver, handed: HandedClass): Worker | undefined {
    const isLeaving = (worker: Worker) => this.#leavers.has(worker)
    if (!plan) return this.#context.choose(handed.requestClass, new Set(this.#leavers.keys()))
    const free = this.#returns.free(isLeaving)
    const roomiest = plan.roomiest(handed, free)
    if (roomiest !== undefined && free.has(roomiest)) this.#returns.exchange(roomiest, isLeaving)
    return roomiest
  }

  #lookWhetherDone(worker: Worker, { keeps, plans, isWhole, onOver }: Leaver): void {
    if (!isWhole || keeps.size > 0) return
    if (onOver !== undefined) onOver()
    else if (plans) worker.handOver({ step: 'done' })
  }
}

function createLeaver(returns = true, onOver?: () => void): Leaver {
  return {
    returns,
    onOver,
    isNamed: false,
    keeps: new Set(),
    successors: new Map(),
    shared: new Set(),
    foreign: new Set(),
    plan: undefined,
    plans: false,
    isWhole: false,
  }
}
