/** Assignments: one that ends once, and one whose reason a wrapper knows better. */
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
