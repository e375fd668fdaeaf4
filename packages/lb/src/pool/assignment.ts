/** Gives back what was taken, once. */
import type { Assignment, Outcome } from './pool.ts'

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
