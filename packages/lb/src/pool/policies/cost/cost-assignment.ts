/** One request that the cost pool has given to a worker. */
import type { RequestClass } from '@resumelb/protocol'
import type { Assignment, Outcome } from '../../pool.ts'
import type { CostMember } from './cost-member.ts'
import type { Expectation } from './forecast.ts'

/** Who is told how a request goes: of each thing once, and of nothing after its end. */
export interface TicketKeeper<Worker> {
  onAnswer(ticket: CostAssignment<Worker>, now: number): void
  onEnd(ticket: CostAssignment<Worker>, now: number, outcome: Outcome): void
}

/** What is known of a request when it is assigned. Times are in seconds. */
export interface TicketFacts<Worker> extends Expectation {
  readonly member: CostMember<Worker>
  readonly requestClass: RequestClass
  readonly classNumber: number
  /** The member's record of the class, or `none`. */
  readonly record: number
  /** What the present crowd is estimated to add to the service time. */
  readonly delay: number
  /** What the request would take at a worker that has not the class in its caches. */
  readonly cold: number
}

/**
 * The assignment that the cost pool gives out. A class of its own instead of `createAssignment`: two
 * objects for a request instead of eight spare the garbage collector.
 */
export class CostAssignment<Worker> implements Assignment<Worker> {
  readonly facts: TicketFacts<Worker>
  readonly #keeper: TicketKeeper<Worker>
  #isAnswered = false
  #isFinished = false

  constructor(facts: TicketFacts<Worker>, keeper: TicketKeeper<Worker>) {
    this.facts = facts
    this.#keeper = keeper
  }

  get worker(): Worker {
    return this.facts.member.worker
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  answered(now: number): void {
    if (this.#isAnswered || this.#isFinished) return
    this.#isAnswered = true
    this.#keeper.onAnswer(this, now)
  }

  finish(now: number, outcome: Outcome): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#keeper.onEnd(this, now, outcome)
  }
}
