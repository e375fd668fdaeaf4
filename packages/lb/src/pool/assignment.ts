/** Gives back what was taken, once. */
import type { Assignment, Outcome } from './pool.ts'

/** Makes an assignment that calls `end` at its first `finish` and never again. */
export function createAssignment<Worker>(
  worker: Worker,
  end: (now: number, outcome: Outcome) => void,
): Assignment<Worker> {
  let finished = false
  return {
    worker,
    finish(now: number, outcome: Outcome): void {
      if (finished) return
      finished = true
      end(now, outcome)
    },
  }
}
