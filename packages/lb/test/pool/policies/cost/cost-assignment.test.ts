import { describe, expect, test } from 'vitest'
import { CostAssignment } from '../../../../src/pool/policies/cost/cost-assignment.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { none } from '../../../../src/pool/policies/cost/skill-table.ts'
import { served, traitsOf } from '../../support/play.ts'

function setUp() {
  const log: string[] = []
  const facts = {
    member: new CostMember('w1', traitsOf('w1'), 0),
    requestClass: 'foo',
    classNumber: 0,
    classEra: 1,
    record: none,
    expectation: 0,
    reason: 'home' as const,
    isWarm: true,
    regret: 0,
    hasChain: false,
  }
  const assignment = new CostAssignment(facts, {
    onAnswer: (_assignment, now) => log.push(`answer ${now}`),
    onUpgrade: (_assignment, now) => log.push(`upgrade ${now}`),
    onEnd: ({ isAnswered }, now) => log.push(`end ${now} ${isAnswered}`),
  })
  return { assignment, log }
}

describe('CostAssignment', () => {
  test('reports the answer once and the end once', () => {
    const { assignment, log } = setUp()
    expect(assignment.worker).toBe('w1')
    assignment.answered(1)
    assignment.answered(2)
    assignment.finish(3, served)
    assignment.finish(4, served)
    expect(log).toEqual(['answer 1', 'end 3 true'])
  })

  test('reports an upgrade once, after the answer', () => {
    const { assignment, log } = setUp()
    assignment.upgraded(1)
    assignment.upgraded(2)
    assignment.finish(3, served)
    assignment.upgraded(4)
    expect(log).toEqual(['answer 1', 'upgrade 1', 'end 3 true'])
  })

  test('reports no answer after the end', () => {
    const { assignment, log } = setUp()
    assignment.finish(3, served)
    assignment.answered(4)
    expect(log).toEqual(['end 3 false'])
  })
})
