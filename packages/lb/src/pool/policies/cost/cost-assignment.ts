/** One request that the cost pool has given to a worker. */
import type { RequestClass } from '@resumelb/protocol'
import type { Assignment, Outcome, Reason } from '../../pool.ts'
import type { ClassUse } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'

/** Receives the events of a request: each at most once, none after its end. */
export interface AssignmentListener<Worker> {
  onAnswer(assignment: CostAssignment<Worker>, now: number): void
  onUpgrade(assignment: CostAssignment<Worker>, now: number): void
  onEnd(assignment: CostAssignment<Worker>, now: number, outcome: Outcome): void
}

/** What is known of a request when it is assigned. */
export interface AssignmentFacts<Worker> extends ClassUse {
  readonly member: CostMember<Worker>
  /** The member's record of the class, or `none`. */
  readonly record: number
  /** The request's number in `Expectations`. */
  readonly expectation: number
  /** Why the member was chosen. */
  readonly reason: Reason
  /** Whether it had served the class. */
  readonly isWarm: boolean
  /** See `Assignment`. */
  readonly regret: number
  /** Whether the request has a chain: it says nothing of the class's mean times. */
  readonly hasChain: boolean
}

/**
 * The assignment that the cost pool gives out. A class of its own instead of `createAssignment`:
 * one object for a request instead of eight spares the garbage collector.
 */
export class CostAssignment<Worker> implements Assignment<Worker>, AssignmentFacts<Worker> {
  readonly member: CostMember<Worker>
  readonly requestClass: RequestClass
  readonly classNumber: number
  readonly classEra: number
  readonly record: number
  readonly expectation: number
  readonly reason: Reason
  readonly isWarm: boolean
  readonly regret: number
  readonly hasChain: boolean
  readonly #listener: AssignmentListener<Worker>
  #isAnswered = false
  #isUpgraded = false
  #isFinished = false

  constructor(facts: AssignmentFacts<Worker>, listener: AssignmentListener<Worker>) {
    this.member = facts.member
    this.requestClass = facts.requestClass
    this.classNumber = facts.classNumber
    this.classEra = facts.classEra
    this.record = facts.record
    this.expectation = facts.expectation
    this.reason = facts.reason
    this.isWarm = facts.isWarm
    this.regret = facts.regret
    this.hasChain = facts.hasChain
    this.#listener = listener
  }

  get worker(): Worker {
    return this.member.worker
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** Whether it is an upgraded connection now. */
  get isUpgraded(): boolean {
    return this.#isUpgraded
  }

  upgraded(now: number): void {
    if (this.#isUpgraded || this.#isFinished) return
    this.answered(now)
    this.#isUpgraded = true
    this.#listener.onUpgrade(this, now)
  }

  answered(now: number): void {
    if (this.#isAnswered || this.#isFinished) return
    this.#isAnswered = true
    this.#listener.onAnswer(this, now)
  }

  finish(now: number, outcome: Outcome): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#listener.onEnd(this, now, outcome)
  }
}
