/** Assignments: of a policy, and what wrappers make of those of the pool below. */
import type { Assignment, Outcome, Reason } from './pool.ts'

/**
 * Makes an assignment that calls `end` at its first `finish`, and `answer` at its first `answered`
 * before that, and neither of them again.
 */
export function createAssignment<Worker>(
  worker: Worker,
  end: (now: number, outcome: Outcome) => void,
  answer?: (now: number) => void,
): Assignment<Worker> {
  let isFinished = false
  let isAnswered = false
  return {
    worker,
    answered(now: number): void {
      if (isAnswered || isFinished) return
      isAnswered = true
      answer?.(now)
    },
    finish(now: number, outcome: Outcome): void {
      if (isFinished) return
      isFinished = true
      end(now, outcome)
    },
  }
}

/** Says of an assignment that its upgrade was granted, whether or not its pool knows of such. */
export function markUpgraded<Worker>(assignment: Assignment<Worker>, now: number): void {
  if (assignment.upgraded === undefined) assignment.answered?.(now)
  else assignment.upgraded(now)
}

/**
 * An assignment of the pool below, of which a wrapper learns once how it ended. The end of an upgrade
 * that was granted does not matter: it counts as served then. A class, because closures would cost
 * more.
 */
export abstract class WatchedAssignment<Worker> implements Assignment<Worker> {
  readonly reason: Reason | undefined
  readonly #assignment: Assignment<Worker>
  #hasEnded = false

  /** `reason` is why the request was assigned to this worker, if the wrapper knows better. */
  constructor(assignment: Assignment<Worker>, reason: Reason | undefined = assignment.reason) {
    this.#assignment = assignment
    this.reason = reason
  }

  get worker(): Worker {
    return this.#assignment.worker
  }

  get isWarm(): boolean | undefined {
    return this.#assignment.isWarm
  }

  get regret(): number | undefined {
    return this.#assignment.regret
  }

  answered(now: number): void {
    this.#assignment.answered?.(now)
  }

  upgraded(now: number): void {
    markUpgraded(this.#assignment, now)
    this.#end(now, { result: 'served' })
  }

  finish(now: number, outcome: Outcome): void {
    this.#assignment.finish(now, outcome)
    this.#end(now, outcome)
  }

  /** Called once, after the pool below has been told. */
  protected abstract onEnd(now: number, outcome: Outcome): void

  #end(now: number, outcome: Outcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.onEnd(now, outcome)
  }
}

/** The same assignment, made for another reason than the pool that made it could know. */
export function withReason<Worker>(
  assignment: Assignment<Worker>,
  reason: Reason,
): Assignment<Worker> {
  return {
    worker: assignment.worker,
    reason,
    isWarm: assignment.isWarm,
    regret: assignment.regret,
    answered: (now) => assignment.answered?.(now),
    upgraded: (now) => markUpgraded(assignment, now),
    finish: (now, outcome) => assignment.finish(now, outcome),
  }
}
