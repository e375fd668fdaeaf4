import { expect, test } from 'vitest'
import { avoidedOf, candidateOf } from '../../../../src/pool/policies/cost/candidates.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { SkillTable } from '../../../../src/pool/policies/cost/skill-table.ts'
import { traitsOf } from '../../support/play.ts'

const members = ['w0', 'w1'].map((name, number) => new CostMember(name, traitsOf(name), number))

test('a candidate has its figures, and what the worker has reported about the class', () => {
  const skills = new SkillTable()
  const considered = { member: 1, role: 'home', wait: 0, service: 1, cost: 1 } as const
  const { member: _, ...figures } = considered
  const tell = () => candidateOf(members[1]!, considered, skills, 0, 5)
  expect(tell()).toEqual({ worker: 'w1', backlog: 0, ...figures })
  skills.set(skills.add(0, 1), 0.5, 20, 4, 5)
  expect(tell()).toMatchObject({ worker: 'w1', skill: { seconds: 0.5, count: 20, rate: 4 } })
})

test('of workers that are to be avoided, those that are members are candidates', () => {
  const avoid = new Set(['w1', 'w2'])
  expect(avoidedOf(members, avoid)).toEqual([{ worker: 'w1', role: 'avoided', backlog: 0 }])
  expect(avoidedOf(members)).toEqual([])
})
