import { expect, test } from 'vitest'
import { createAssignment } from '../../src/pool/assignment.ts'
import { served } from './support/play.ts'

test('an assignment ends once, however often it is finished', () => {
  const ends: number[] = []
  const assignment = createAssignment('w1', (now) => ends.push(now))
  assignment.finish(3, served)
  assignment.finish(4, served)
  expect(assignment.worker).toBe('w1')
  expect(ends).toEqual([3])
})
