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
    record: none,
    seconds: 1,
    delay: 0,
    warm: 1,
    cold: 4,
    crowding: 0,
    isProbe: false,
  }
  const ticket = new CostAssignment(facts, {
    onAnswer: (_ticket, now) => log.push(`answer ${now}`),
    onEnd: ({ isAnswered }, now) => log.push(`end ${now} ${isAnswered}`),
  })
  return { ticket, log }
}

describe('CostAssignment', () => {
  test('tells of the answer once and of the end once', () => {
    const { ticket, log } = setUp()
    expect(ticket.worker).toBe('w1')
    ticket.answered(1)
    ticket.answered(2)
    ticket.finish(3, served)
    ticket.finish(4, served)
    expect(log).toEqual(['answer 1', 'end 3 true'])
  })

  test('tells of no answer after the end', () => {
    const { ticket, log } = setUp()
    ticket.finish(3, served)
    ticket.answered(4)
    expect(log).toEqual(['end 3 false'])
  })
})
