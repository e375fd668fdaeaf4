/**
 * The default policy: a request goes where it costs least, in seconds. docs/pools.md explains it.
 */
import type { PlannedHome, RequestClass, Skill } from '@resumelb/protocol'
import type { Explanation } from '../explanation.ts'
import { Members } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Outcome, Pool, Result, WorkerSummary, WorkerUpdate } from '../pool.ts'
import {
  type GivenSettings,
  resolveSettings,
  type Settings,
  type SomeSettings,
} from '../settings.ts'
import { PeekableRandom } from '../structures/peekable-random.ts'
import { avoidedOf } from './cost/candidates.ts'
import { ClassStats } from './cost/class-stats.ts'
import {
  type AssignmentFacts,
  type AssignmentListener,
  CostAssignment,
} from './cost/cost-assignment.ts'
import { CostMember } from './cost/cost-member.ts'
import { costSettings } from './cost/cost-settings.ts'
import { Expectations } from './cost/expectations.ts'
import { Finder } from './cost/finder.ts'
import { Forecast } from './cost/forecast.ts'
import { Learner } from './cost/learner.ts'
import { MemberTable } from './cost/member-table.ts'
import { Planner } from './cost/planner.ts'
import { SizedRequests } from './cost/sized-requests.ts'
import { none } from './cost/skill-table.ts'
import { summaryOf } from './cost/worker-summary.ts'

/** A skill of which nothing is known but that the worker has been given the class. */
const unserved: Skill = { score: 0, seconds: 0, count: 0, rate: 0 }

/**
 * Gives every request to the worker with the least expected wait + service time + price × wasted
 * work. The price is the worker's own backlog: to an idle worker learning a class is nearly free, at
 * a busy one it delays everybody behind it. So the system spreads classes when there is room and
 * holds them together under load, with nothing to tune.
 */
export class CostPool<Worker> implements Pool<Worker> {
  readonly #members: Members<Worker, CostMember<Worker>>
  readonly #table = new MemberTable()
  readonly #expectations = new Expectations()
  readonly #planner = new Planner<Worker>(this.#table)
  readonly #forecast = new Forecast()
  readonly #sized: SizedRequests<Worker>
  readonly #classStats: ClassStats
  readonly #finder: Finder<Worker>
  readonly #learner: Learner<Worker>
  readonly #listener: AssignmentListener<Worker> = {
    onAnswer: ({ member, expectation }, now) => {
      this.#table.answer(member.number, this.#expectations.cold(expectation), now, true)
      const first = this.#expectations.answer(expectation)
      if (first > 0) this.#table.progress(member.number, first)
    },
    onUpgrade: (assignment, now) => this.#upgrade(assignment, now),
    onEnd: (assignment, now, outcome) => this.#finish(assignment, now, outcome),
  }
  #settings: Settings<typeof costSettings>
  #now = 0

  /** `random` is like `Math.random`; it chooses among the workers of a class that has many. */
  constructor(
    settings: SomeSettings<typeof costSettings> = {},
    random: () => number = Math.random,
  ) {
    this.#settings = resolveSettings(costSettings, settings)
    this.#members = new Members(
      (worker, traits) => new CostMember(worker, traits, this.#table.add(traits, this.#now)),
    )
    this.#classStats = new ClassStats(this.#settings.maxClasses, (classNumber) => {
      this.#planner.forget(classNumber)
      this.#finder.forget(classNumber)
      this.#sized.forgetClass(classNumber)
    })
    this.#sized = new SizedRequests(this.#members, this.#table)
    this.#learner = new Learner({
      table: this.#table,
      classStats: this.#classStats,
      expectations: this.#expectations,
      forecast: this.#forecast,
      sized: this.#sized,
    })
    this.#finder = new Finder({
      members: this.#members,
      table: this.#table,
      classStats: this.#classStats,
      planner: this.#planner,
      forecast: this.#forecast,
      random: new PeekableRandom(random),
    })
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  /** Classes that are remembered: never more than `maxClasses`. */
  get classCount(): number {
    return this.#classStats.classCount
  }

  /** Skills that are remembered: never more than 16 for each of `maxClasses`. */
  get skillCount(): number {
    return this.#classStats.skills.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#settings = resolveSettings(costSettings, settings)
    this.#classStats.maxClasses = this.#settings.maxClasses
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    this.#now = now
    let isNew = false
    const member = this.#members.update(worker, news, () => {
      isNew = true
    })
    if (member === undefined) return
    if (news.traits !== undefined) this.#table.setTraits(member.number, news.traits)
    if (isNew) {
      this.#finder.join(member)
      this.#sized.join(member.number)
    } else if (news.traits !== undefined) this.#finder.update(member)
    if (news.others !== undefined) this.#table.setOthers(member.number, news.others, now)
    if (news.resume !== undefined && !isNew) this.#classStats.unlearnAll(member.number, now)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) {
        this.#classStats.read(member.number, requestClass, skill, now)
      }
    }
    this.#sized.update(member.number, news, this.#classStats, now)
    if (news.planned !== undefined) this.#follow(member, news.planned, now)
  }

  /** Another load balancer has planned that the member is to be a home. */
  #follow(member: CostMember<Worker>, home: PlannedHome, now: number): void {
    const instead = this.#members.list.find(({ traits }) => traits.key === home.instead)
    this.#planner.follow(this.#classStats.use(home.requestClass), { ...home, member, instead }, now)
  }

  remove(worker: Worker, now: number): void {
    const member = this.#members.remove(worker)
    if (member === undefined) return
    this.#classStats.unlearnAll(member.number, now)
    this.#finder.leave(member)
    this.#sized.leave(member.number)
    if (member.backlog === 0) this.#table.remove(member.number)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] {
    return this.#members.list.map((member) => summaryOf(member, this.#classStats, now))
  }

  tick(now: number): void {
    this.#finder.tick(now, this.#settings)
    this.#planner.look(this.#members.list, this.#classStats, now, {
      gap: this.#settings.moveGap,
      cachePressure: this.#forecast.cachePressure,
    })
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    if (this.size === 0) return undefined
    const { requestClass } = pick
    const classStats = this.#classStats
    const classNumber = classStats.use(requestClass)
    if (pick.chain !== undefined) return this.#assignByChain(pick, classNumber, now, avoid)
    const { units } = pick
    const scale = units === undefined ? 1 : this.#sized.scaleOf(classNumber, units)
    const member = this.#finder.find(classNumber, now, this.#settings, avoid, scale)
    if (member === undefined) return undefined
    if (units !== undefined) this.#sized.use(classNumber, units)
    // From now on a new class has a home, so that its next request follows this one.
    if (classStats.skills.countOf(classNumber) === 0) {
      classStats.learn(member.number, classNumber, unserved, now)
    }
    return this.#begin(member, requestClass, classNumber, now)
  }

  explain(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Explanation<Worker> {
    const { requestClass, chain, units } = pick
    const classNumber = this.#classStats.find(requestClass)
    if (chain === undefined) {
      const scale = units === undefined ? 1 : this.#sized.scaleOf(classNumber, units)
      return this.#finder.explain(requestClass, now, this.#settings, avoid, scale)
    }
    const { price } = this.#settings
    const { chosen, candidates } = this.#sized.explain(pick, classNumber, { now, price, avoid })
    return { chosen, candidates: [...candidates, ...avoidedOf(this.#members.list, avoid)] }
  }

  #assignByChain(
    pick: PickArgs,
    classNumber: number,
    now: number,
    avoid: ReadonlySet<Worker> | undefined,
  ): Assignment<Worker> | undefined {
    const sized = this.#sized
    const { price } = this.#settings
    const member = sized.assign(pick, classNumber, { now, price, avoid })
    if (member === undefined) return undefined
    const { service: seconds, cold, first, rest, depth, reason, regret } = sized.choice
    const work = first + rest
    this.#table.begin(member.number, work, cold, now)
    this.#members.begin(member)
    const { requestClass } = pick
    return new CostAssignment(
      {
        member,
        requestClass,
        classNumber,
        classEra: this.#classStats.eraOf(classNumber),
        record: none,
        expectation: this.#expectations.add(seconds, work - seconds, seconds, cold, 0, first),
        reason,
        isWarm: depth > 0,
        regret,
        hasChain: true,
      },
      this.#listener,
    )
  }

  #begin(
    member: CostMember<Worker>,
    requestClass: RequestClass,
    classNumber: number,
    now: number,
  ): Assignment<Worker> {
    const {
      bestRecord: record,
      bestSeconds: seconds,
      bestDelay: delay,
      bestReason: reason,
      bestTime,
      leastTime,
      costs,
    } = this.#finder.search
    const { skills } = this.#classStats
    const { warm, cold } = costs
    const crowding = this.#table.crowding(member.number, now)
    this.#table.begin(member.number, seconds + delay, cold, now)
    this.#members.begin(member)
    return new CostAssignment(
      {
        member,
        requestClass,
        classNumber,
        classEra: this.#classStats.eraOf(classNumber),
        record,
        expectation: this.#expectations.add(seconds, delay, warm, cold, crowding),
        reason,
        isWarm: record !== none && skills.count(record) > 0,
        regret: bestTime - leastTime,
        hasChain: false,
      },
      this.#listener,
    )
  }

  /** The expected work is done; what the connection will cost is unknown. */
  #upgrade(facts: AssignmentFacts<Worker>, now: number): void {
    this.#table.end(facts.member.number, this.#expectations.work(facts.expectation), now)
    this.#learner.succeeded(facts, now)
  }

  #finish(assignment: CostAssignment<Worker>, now: number, outcome: Outcome): void {
    const { member, expectation, isAnswered } = assignment
    const { number } = member
    const { result } = outcome
    const table = this.#table
    if (assignment.isUpgraded) return this.#release(assignment)
    // A client that tires of waiting for a silent worker has seen it fail.
    const isLost = result === 'abandoned' && !isAnswered && table.overdue(number, now) > 0
    if (!isAnswered) {
      table.answer(number, this.#expectations.cold(expectation), now, result === 'served')
    }
    table.end(number, this.#expectations.work(expectation), now)
    if (outcome.others !== undefined) table.setOthers(number, outcome.others, now)
    if (result === 'served') this.#learner.served(assignment, now, outcome)
    else if (isLost || isFailure(result)) this.#learner.failed(assignment, now)
    this.#release(assignment)
  }

  #release({ member, expectation }: AssignmentFacts<Worker>): void {
    this.#expectations.remove(expectation)
    this.#members.finish(member)
    if (!member.present && member.backlog === 0) this.#table.remove(member.number)
  }
}

function isFailure(result: Result): boolean {
  return result === 'failed' || result === 'timeout' || result === 'disconnected'
}
