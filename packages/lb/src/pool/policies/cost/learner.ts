/** What the cost pool learns from how requests end. */
import type { Skill } from '@resumelb/protocol'
import type { Outcome } from '../../pool.ts'
import type { ClassStats } from './class-stats.ts'
import type { AssignmentFacts } from './cost-assignment.ts'
import { matureCount, warmCount } from './cost-settings.ts'
import type { Expectations } from './expectations.ts'
import type { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import type { SizedRequests } from './sized-requests.ts'
import { none } from './skill-table.ts'

/** What was expected, and where a learner puts what it learns. */
export interface LearnerContext<Worker> {
  readonly table: MemberTable
  readonly classStats: ClassStats
  readonly expectations: Expectations
  readonly forecast: Forecast
  readonly sized: SizedRequests<Worker>
}

export class Learner<Worker> {
  readonly #table: MemberTable
  readonly #classStats: ClassStats
  readonly #expectations: Expectations
  readonly #forecast: Forecast
  readonly #sized: SizedRequests<Worker>

  constructor({ table, classStats, expectations, forecast, sized }: LearnerContext<Worker>) {
    this.#table = table
    this.#classStats = classStats
    this.#expectations = expectations
    this.#forecast = forecast
    this.#sized = sized
  }

  /** The worker can do what was asked. Returns the number of the class. */
  succeeded(facts: AssignmentFacts<Worker>, now: number): number {
    this.#table.failures.succeed(facts.member.number, now)
    const number = this.#classStats.stillOr(facts)
    this.#classStats.succeed(number)
    return number
  }

  /** The request was served. */
  served(facts: AssignmentFacts<Worker>, now: number, { skill, seconds }: Outcome): void {
    const { member } = facts
    const classNumber = this.succeeded(facts, now)
    if (skill === undefined || !member.present) return
    if (facts.hasChain) {
      const expected = this.#expectations.seconds(facts.expectation)
      this.#sized.learn(member.number, classNumber, skill, expected, seconds, now)
    } else {
      this.#sized.learnFit(member.number, classNumber, skill, now)
      if (seconds !== undefined) this.#learnTimes(facts, classNumber, seconds, skill)
    }
    this.#classStats.learn(member.number, classNumber, skill, now, facts.record)
  }

  #learnTimes(
    { member, expectation }: AssignmentFacts<Worker>,
    classNumber: number,
    seconds: number,
    skill: Skill,
  ): void {
    const { count } = skill
    this.#classStats.learnTimes(member.number, classNumber, seconds, skill)
    const expected = this.#expectations.seconds(expectation)
    const warm = this.#expectations.warm(expectation)
    this.#forecast.learn(seconds, expected, this.#expectations.crowding(expectation))
    if (count >= matureCount) {
      this.#forecast.learnPressure(seconds, warm)
      this.#table.overflows.learn(member.number, seconds, warm)
    }
    if (count >= warmCount) this.#table.cachePressures.learn(member.number, seconds, warm)
  }

  /** A failure teaches no times; it counts against the worker unless the class fails everywhere. */
  failed(facts: AssignmentFacts<Worker>, now: number): void {
    const { member } = facts
    const { skills } = this.#classStats
    const classNumber = this.#classStats.stillOr(facts)
    if (this.#classStats.fail(classNumber, member.number))
      this.#table.failures.fail(member.number, now)
    const record = member.present ? skills.find(classNumber, member.number) : none
    if (record !== none && skills.count(record) === 0) this.#classStats.unlearn(record, now)
  }
}
