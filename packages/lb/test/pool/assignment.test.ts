import { expect, test } from 'vitest'
import { createAssignment, withReason } from '../../src/pool/assignment.ts'
import { served } from './support/play.ts'

test('an assignment ends once, however often it is finished', () => {
  const ends: number[] = []
  const assignment = createAssignment('w1', (now) => ends.push(now))
  assignment.finish(3, served)
  assignment.finish(4, served)
  expect(assignment.worker).toBe('w1')
  expect(ends).toEqual([3])
})

test('an assignment with another reason answers and ends as the one it stands for', () => {
  const log: string[] = []
  const assignment = createAssignment(
    'w1',
    (now) => log.push(`end ${now}`),
    (now) => log.push(`answer ${now}`),
  )
  const reasoned = withReason(assignment, 'standby')
  reasoned.answered?.(1)
  reasoned.finish(2, served)
  assignment.finish(3, served)
  expect([reasoned.worker, reasoned.reason]).toEqual(['w1', 'standby'])
  expect(log).toEqual(['answer 1', 'end 2'])
})
