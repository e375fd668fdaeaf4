/** The default policy: a request goes where it costs least, in seconds. docs/pools.md explains it. */
import type { RequestClass, Skill } from '@resumelb/protocol'
import { Members } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Outcome, Pool, Result, WorkerUpdate } from '../pool.ts'
import { type GivenSettings, resolveSettings, type Settings } from '../settings.ts'
import { RendezvousTable } from '../structures/rendezvous-table.ts'
import { ClassStats } from './cost/class-stats.ts'
import { CostAssignment, type TicketFacts, type TicketKeeper } from './cost/cost-assignment.ts'
import { CostMember } from './cost/cost-member.ts'
import { costSettings, matureCount, maxSkilled } from './cost/cost-settings.ts'
import { withoutNoise } from './cost/estimate.ts'
import { Forecast } from './cost/forecast.ts'
import { Planner } from './cost/planner.ts'
import { Search } from './cost/search.ts'
import { none } from './cost/skill-table.ts'

/** Places in a class's rendezvous order that are looked at for workers that may have the request. */
const maxChoices = 32

/** A skill of which nothing is known but that the worker has been given the class. */
const unserved: Skill = { score: 0, seconds: 0, count: 0, rate: 0 }

/**
 * Gives every request to the worker with the least expected wait + service time + price × wasted
 * work. The price is the worker's own mean backlog: to an idle worker learning a class is nearly
 * free, at a busy one it delays everybody behind it. So the system spreads classes when there is room and
 * holds them together under load, with nothing to tune.
 */
export class CostPool<Worker> implements Pool<Worker> {
  readonly #random: () => number
  readonly #members: Members<Worker, CostMember<Worker>>
  /** Those present, by their numbers. */
  readonly #byNumber: (CostMember<Worker> | undefined)[] = []
  readonly #freeNumbers: number[] = []
  readonly #rendezvous = new RendezvousTable<CostMember<Worker>>()
  readonly #planner = new Planner<Worker>()
  readonly #search = new Search<Worker>()
  readonly #forecast = new Forecast()
  readonly #classStats: ClassStats
  readonly #keeper: TicketKeeper<Worker> = {
    onAnswer: ({ facts }, now) => facts.member.answer(facts.cold, now, true),
    onEnd: (ticket, now, outcome) => this.#finish(ticket, now, outcome),
  }
  #settings: Settings<typeof costSettings>
  #now = 0

  /** `random` is like `Math.random`; it chooses among the workers of a class that has many. */
  constructor(settings: GivenSettings = {}, random: () => number = Math.random) {
    this.#settings = resolveSettings(costSettings, settings)
    this.#random = random
    this.#members = new Members((worker, traits) => new CostMember(worker, traits, this.#now))
    this.#classStats = new ClassStats(this.#settings.maxClasses, (classNumber) =>
      this.#planner.forget(classNumber),
    )
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
    if (isNew) this.#join(member)
    else if (news.traits !== undefined) this.#rendezvous.update(member)
    if (news.others !== undefined) member.setOthers(news.others, now)
    if (news.resume !== undefined && !isNew) this.#classStats.unlearnAll(member.number, now)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) {
        this.#classStats.read(member.number, requestClass, skill, now)
      }
    }
  }

  remove(worker: Worker, now: number): void {
    const member = this.#members.remove(worker)
    if (member === undefined) return
    this.#classStats.unlearnAll(member.number, now)
    this.#rendezvous.remove(member)
    this.#byNumber[member.number] = undefined
    this.#freeNumbers.push(member.number)
  }

  tick(now: number): void {
    this.#planner.look(this.#members.list, this.#classStats, now, {
      gap: this.#settings.moveGap,
      cachePressure: this.#forecast.cachePressure,
    })
  }

  assign(
    { requestClass }: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    if (this.size === 0) return undefined
    const classNumber = this.#classStats.use(requestClass)
    const member = this.#cheapest(classNumber, now, avoid)
    if (member === undefined) return undefined
    // From now on a new class has a home, so that its next request follows this one.
    if (this.#classStats.skills.countOf(classNumber) === 0) {
      this.#classStats.learn(member.number, classNumber, unserved, now)
    }
    return this.#begin(member, requestClass, classNumber, now)
  }

  #join(member: CostMember<Worker>): void {
    member.number = this.#freeNumbers.pop() ?? this.#byNumber.length
    this.#byNumber[member.number] = member
    this.#rendezvous.add(member)
  }

  #cheapest(
    classNumber: number,
    now: number,
    avoid: ReadonlySet<Worker> | undefined,
  ): CostMember<Worker> | undefined {
    const search = this.#search
    const { price, homeUtilization } = this.#settings
    search.begin(now, price, this.#forecast, avoid)
    const concurrency = this.#firstHome(classNumber)?.traits.concurrency ?? 1
    this.#classStats.appraise(search.costs, classNumber, concurrency, homeUtilization, now)
    const guestHome = this.#planner.homeOf(classNumber, now)
    if (guestHome !== undefined) this.#considerGuestHome(guestHome, classNumber)
    this.#considerSkilled(classNumber)
    this.#considerSpares(classNumber)
    if (search.best === undefined) search.considerAll(this.#members.list)
    return search.best
  }

  #firstHome(classNumber: number): CostMember<Worker> | undefined {
    const { skills } = this.#classStats
    if (skills.countOf(classNumber) === 0) return undefined
    return this.#byNumber[skills.memberOf(skills.at(classNumber, 0))]
  }

  /** It counts as warm, so that it gets warm, though its first requests will take longer. */
  #considerGuestHome(member: CostMember<Worker>, classNumber: number): void {
    const search = this.#search
    if (!search.allows(member) || !search.isNew(member)) return
    const record = this.#classStats.skills.find(classNumber, member.number)
    const seconds = record === none ? search.costs.cold : this.#secondsOf(record)
    search.consider(member, record, Math.min(seconds, search.costs.warm), 0)
    search.bestSeconds = seconds
  }

  /** Looks at the class's workers: all of them, or half from its homes and half from the others. */
  #considerSkilled(classNumber: number): void {
    const search = this.#search
    const count = this.#classStats.skills.countOf(classNumber)
    const homes = Math.min(search.costs.homes, count)
    for (let i = 0; i < Math.min(count, maxSkilled); i++) {
      let place = i
      if (count > maxSkilled) place = this.#placeAmongMany(i, homes, count)
      this.#considerRecord(this.#classStats.skills.at(classNumber, place), place < homes)
    }
  }

  #placeAmongMany(i: number, homes: number, count: number): number {
    const half = maxSkilled / 2
    if (i < half) return homes <= half ? i : this.#below(homes)
    return homes < count ? homes + this.#below(count - homes) : this.#below(count)
  }

  #considerRecord(record: number, isHome: boolean): void {
    const search = this.#search
    const member = this.#byNumber[this.#classStats.skills.memberOf(record)]
    if (member === undefined || !search.allows(member) || !search.isNew(member)) return
    const seconds = this.#secondsOf(record)
    search.consider(member, record, seconds, isHome ? 0 : Math.max(0, seconds - search.costs.warm))
  }

  /** What a request of the class takes at the record's worker. */
  #secondsOf(record: number): number {
    const { skills } = this.#classStats
    const { warm, cold, isFlat } = this.#search.costs
    const seconds = skills.count(record) === 0 ? cold : skills.seconds(record)
    return isFlat ? withoutNoise(seconds, warm) : seconds
  }

  /** Looks at a few workers without the skill, the first in the order of the class. */
  #considerSpares(classNumber: number): void {
    const search = this.#search
    const { skills } = this.#classStats
    const { warm, cold, homes } = search.costs
    const hash = this.#classStats.hashOf(classNumber)
    const count = skills.countOf(classNumber)
    const waste = count < homes ? 0 : cold - warm
    let wanted = Math.min(this.#settings.spares, this.size - count)
    for (let i = 0; wanted > 0 && i < maxChoices; i++) {
      // A class on many workers has outgrown its order: any worker will do.
      const isCrowd = count > maxSkilled
      const member = isCrowd
        ? this.#members.list[this.#below(this.size)]
        : this.#rendezvous.choice(hash, i)
      if (member === undefined || !search.allows(member) || !search.isNew(member)) continue
      if (isCrowd && skills.find(classNumber, member.number) !== none) continue
      wanted--
      search.consider(member, none, cold, waste)
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #begin(
    member: CostMember<Worker>,
    requestClass: RequestClass,
    classNumber: number,
    now: number,
  ): Assignment<Worker> {
    const { bestRecord: record, bestSeconds: seconds, bestDelay: delay, costs } = this.#search
    const { warm, cold } = costs
    const crowding = member.crowding(now)
    member.begin(seconds + delay, cold, now)
    this.#members.begin(member)
    return new CostAssignment(
      {
        member,
        requestClass,
        classNumber,
        record,
        seconds,
        delay,
        warm,
        cold,
        crowding,
      },
      this.#keeper,
    )
  }

  #finish({ facts, isAnswered }: CostAssignment<Worker>, now: number, outcome: Outcome): void {
    const { member } = facts
    const { result } = outcome
    // A client that tires of waiting for a silent worker has seen it fail.
    const isLost = result === 'abandoned' && !isAnswered && member.overdue(now) > 0
    if (!isAnswered) member.answer(facts.cold, now, result === 'served')
    member.end(facts.seconds + facts.delay, now)
    this.#members.finish(member)
    if (outcome.others !== undefined) member.setOthers(outcome.others, now)
    if (result === 'served') this.#learn(facts, now, outcome)
    else if (isLost || isFailure(result)) this.#blame(facts, now)
  }

  #learn(facts: TicketFacts<Worker>, now: number, outcome: Outcome): void {
    const { member } = facts
    member.failures.succeed(now)
    const classNumber = this.#classStats.stillOr(facts.classNumber, facts.requestClass)
    this.#classStats.succeed(classNumber)
    const { skill, seconds } = outcome
    if (skill === undefined || !member.present) return
    if (seconds !== undefined) {
      this.#classStats.learnTimes(classNumber, seconds, skill)
      this.#forecast.learn(facts, seconds, skill.count >= matureCount)
    }
    this.#classStats.learn(member.number, classNumber, skill, now, facts.record)
  }

  /** A failure teaches nothing, and lowers the worker's standing unless the class fails everywhere. */
  #blame(facts: TicketFacts<Worker>, now: number): void {
    const { member } = facts
    const { skills } = this.#classStats
    const classNumber = this.#classStats.stillOr(facts.classNumber, facts.requestClass)
    if (this.#classStats.fail(classNumber, member.number)) member.failures.fail(now)
    const record = member.present ? skills.find(classNumber, member.number) : none
    if (record !== none && skills.count(record) === 0) this.#classStats.unlearn(record, now)
  }
}

function isFailure(result: Result): boolean {
  return result === 'failed' || result === 'timeout' || result === 'disconnected'
}
