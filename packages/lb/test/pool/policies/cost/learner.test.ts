import { expect, test } from 'vitest'
import { Members } from '../../../../src/pool/members.ts'
import { ClassStats } from '../../../../src/pool/policies/cost/class-stats.ts'
import { CostMember } from '../../../../src/pool/policies/cost/cost-member.ts'
import { Expectations } from '../../../../src/pool/policies/cost/expectations.ts'
import { Forecast } from '../../../../src/pool/policies/cost/forecast.ts'
import { Learner } from '../../../../src/pool/policies/cost/learner.ts'
import { MemberTable } from '../../../../src/pool/policies/cost/member-table.ts'
import { SizedRequests } from '../../../../src/pool/policies/cost/sized-requests.ts'
import { none } from '../../../../src/pool/policies/cost/skill-table.ts'
import { traitsOf } from '../../support/play.ts'

/** Two workers, and a class whose requests are expected to take 10 ms. */
function setUp() {
  const table = new MemberTable()
  const classStats = new ClassStats(100, () => {})
  const expectations = new Expectations()
  const create = (name: string) =>
    new CostMember(name, traitsOf(name), table.add(traitsOf(name), 0))
  const sized = new SizedRequests(new Members<string, CostMember<string>>(create), table)
  const forecast = new Forecast()
  const learner = new Learner({ table, classStats, expectations, forecast, sized })
  const classNumber = classStats.use('a')
  const factsOf = (member: CostMember<string>) => ({
    member,
    requestClass: 'a',
    classNumber,
    classEra: classStats.eraOf(classNumber),
    record: none,
    expectation: expectations.add(0.01, 0, 0.01, 0.04, 0),
    reason: 'home' as const,
    isWarm: true,
    regret: 0,
    hasChain: false,
  })
  const serve = (member: CostMember<string>, seconds: number, count: number) => {
    const skill = { score: 100, seconds: 0.01, count, rate: 1 }
    learner.served(factsOf(member), 1, { result: 'served', seconds, skill })
  }
  const countAt = ({ number }: CostMember<string>) => {
    const record = classStats.skills.find(classNumber, number)
    return record === none ? undefined : classStats.skills.count(record)
  }
  return { table, learner, factsOf, serve, countAt, w1: create('w1'), w2: create('w2') }
}

test('a served request brings the skill of its worker, if that is there still', () => {
  const { serve, countAt, w1, w2 } = setUp()
  w2.present = false
  serve(w1, 0.01, 5)
  serve(w2, 0.01, 5)
  expect([countAt(w1), countAt(w2)]).toEqual([5, undefined])
})

test('slow requests say that caches overflow only if the class should have been loaded', () => {
  const { table, serve, w1, w2 } = setUp()
  serve(w1, 1, 50)
  serve(w2, 1, 2)
  expect(table.overflows.at(w1.number)).toBeGreaterThan(0)
  expect(table.overflows.at(w2.number)).toBe(0)
  expect(table.cachePressures.at(w2.number)).toBeGreaterThan(0)
})

test('a failure counts against the worker, unless another one fails the class as well', () => {
  const { table, learner, factsOf, w1, w2 } = setUp()
  learner.failed(factsOf(w1), 1)
  learner.failed(factsOf(w2), 1)
  expect(table.failures.at(w1.number, 1)).toBeGreaterThan(0)
  expect(table.failures.at(w2.number, 1)).toBe(0)
})
