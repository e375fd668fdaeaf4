/** Finds the worker where a request costs least, among a few candidates. */
import type { RequestClass } from '@resumelb/protocol'
import type { Explanation } from '../../explanation.ts'
import type { Members } from '../../members.ts'
import type { Settings } from '../../settings.ts'
import type { PeekableRandom } from '../../structures/peekable-random.ts'
import { RendezvousTable } from '../../structures/rendezvous-table.ts'
import { avoidedOf, candidateOf } from './candidates.ts'
import { type ClassStats, hashOfClass } from './class-stats.ts'
import { CommonHomes } from './common-homes.ts'
import type { CostMember } from './cost-member.ts'
import { type costSettings, maxChoices, maxSkilled } from './cost-settings.ts'
import { withoutNoise } from './estimate.ts'
import type { Forecast } from './forecast.ts'
import type { MemberTable } from './member-table.ts'
import type { Planner } from './planner.ts'
import { type Considered, Search } from './search.ts'
import { none } from './skill-table.ts'

/** What a finder reckons with. */
export interface FinderContext<Worker> {
  readonly members: Members<Worker, CostMember<Worker>>
  readonly table: MemberTable
  readonly classStats: ClassStats
  readonly planner: Planner<Worker>
  readonly forecast: Forecast
  readonly random: PeekableRandom
}

/**
 * Looks at the workers of a class, half of them homes if there are many, and at some that have not
 * served it, in the class's rendezvous order. If several load balancers know nothing of each
 * other's requests, it looks at {@link CommonHomes} only, in which they agree.
 */
export class Finder<Worker> {
  /** The last search: who is best, and what the request is estimated to take there. */
  readonly search: Search
  readonly #members: Members<Worker, CostMember<Worker>>
  readonly #table: MemberTable
  readonly #classStats: ClassStats
  readonly #planner: Planner<Worker>
  readonly #forecast: Forecast
  readonly #random: PeekableRandom
  /** Those present, by their numbers. */
  readonly #byNumber: (CostMember<Worker> | undefined)[] = []
  readonly #rendezvous = new RendezvousTable<number>()
  #spares = 0
  /** How many times as long as others of its class the request takes, because of its size. */
  #scale = 1
  #avoid: ReadonlySet<Worker> | undefined
  readonly #common: CommonHomes<Worker>

  constructor({ members, table, classStats, planner, forecast, random }: FinderContext<Worker>) {
    this.search = new Search(table)
    this.#members = members
    this.#table = table
    this.#classStats = classStats
    this.#planner = planner
    this.#forecast = forecast
    this.#random = random
    this.#common = new CommonHomes({ members, classStats, order: this.#rendezvous })
  }

  join(member: CostMember<Worker>): void {
    this.#byNumber[member.number] = member
    this.#rendezvous.add(member.number, member.traits.key, member.weight)
    this.#common.update()
  }

  /** Takes in a member's key and concurrency. */
  update(member: CostMember<Worker>): void {
    this.#rendezvous.update(member.number, member.traits.key, member.weight)
    this.#common.update()
  }

  leave(member: CostMember<Worker>): void {
    this.#rendezvous.remove(member.number)
    this.#byNumber[member.number] = undefined
    this.#common.leave(member.number)
  }

  /** The number is no longer that of its class. */
  forget(classNumber: number): void {
    this.#common.forget(classNumber)
  }

  /** To be called once a second. */
  tick(now: number, { homeUtilization }: Settings<typeof costSettings>): void {
    this.#common.look(now, homeUtilization)
  }

  /**
   * Finds the cheapest member; `undefined` if all are to be avoided. Counts as a use of the class.
   * `scale`: see `SizedRequests.scaleOf`.
   */
  find(
    classNumber: number,
    now: number,
    settings: Settings<typeof costSettings>,
    avoid: ReadonlySet<Worker> | undefined,
    scale = 1,
  ): CostMember<Worker> | undefined {
    this.#scale = scale
    this.#begin(now, settings, avoid)
    this.#common.count(classNumber)
    const share = this.#appraise(classNumber, now, settings)
    this.#classStats.countPenalty(classNumber, share)
    return this.#byNumber[this.#cheapest(classNumber, this.#classStats.hashOf(classNumber), now)]
  }

  /** Says which member {@link find} would find, and why; changes nothing. */
  explain(
    requestClass: RequestClass,
    now: number,
    settings: Settings<typeof costSettings>,
    avoid: ReadonlySet<Worker> | undefined,
    scale = 1,
  ): Explanation<Worker> {
    this.#scale = scale
    const classNumber = this.#classStats.find(requestClass)
    const considered: Considered[] = []
    this.#begin(now, settings, avoid, considered)
    if (classNumber === none) this.#classStats.appraiseUnknown(this.search.costs)
    else this.#appraise(classNumber, now, settings)
    const hash = hashOfClass(requestClass)
    const best = this.#random.peek(() => this.#cheapest(classNumber, hash, now))
    this.search.considered = undefined
    const { skills } = this.#classStats
    const candidates = considered.flatMap((each) => {
      const member = this.#byNumber[each.member]
      return member === undefined ? [] : [candidateOf(member, each, skills, classNumber, now)]
    })
    const chosen = this.#byNumber[best]?.worker
    return { chosen, candidates: [...candidates, ...avoidedOf(this.#members.list, avoid)] }
  }

  #begin(
    now: number,
    { price, spares }: Settings<typeof costSettings>,
    avoid: ReadonlySet<Worker> | undefined,
    considered?: Considered[],
  ): void {
    this.#spares = spares
    this.#avoid = avoid
    this.search.begin(now, price, this.#forecast)
    this.search.considered = considered
  }

  /** Says whether the member is present, may have the request, and is looked at for it only now. */
  #visit(member: number): boolean {
    return !this.#isAvoided(member) && this.search.visit(member)
  }

  #isAvoided(member: number): boolean {
    if (this.#avoid === undefined) return false
    const worker = this.#byNumber[member]?.worker
    return worker === undefined || this.#avoid.has(worker)
  }

  #appraise(
    classNumber: number,
    now: number,
    { homeUtilization }: Settings<typeof costSettings>,
  ): number {
    const home = this.#firstHome(classNumber)
    const slots = home === none ? 1 : this.#table.weight(home)
    const { costs } = this.search
    // The others send as many requests of the class.
    const utilization = homeUtilization / this.#common.balancers
    const share = this.#classStats.appraise(costs, classNumber, slots, utilization, now)
    costs.warm *= this.#scale
    costs.cold *= this.#scale
    return share
  }

  /** The best member, or {@link none}. */
  #cheapest(classNumber: number, hash: number, now: number): number {
    const search = this.search
    if (this.#common.balancers > 1) {
      this.#common.consider(classNumber, hash, search.costs.homes, this.#considerOrdered)
    } else {
      const temporaryHome = this.#planner.homeOf(classNumber, now)
      if (temporaryHome !== undefined) {
        this.#considerTemporaryHome(temporaryHome.number, classNumber)
        const left = this.#planner.leftBy(classNumber)
        // As if it had been looked at.
        if (left !== none && !this.#isAvoided(temporaryHome.number)) search.visit(left)
      }
      this.#considerSkilled(classNumber)
      this.#considerSpares(classNumber, hash)
    }
    if (search.best === none) this.#considerAll()
    return search.best
  }

  /** Looks at all workers, when all of the usual few are to be avoided. */
  #considerAll(): void {
    for (const { number } of this.#members.list) {
      if (this.#isAvoided(number)) continue
      this.search.consider(number, none, this.search.costs.cold, 0, 'cold')
    }
  }

  /** Returns whether the member may have the request, and is looked at for it only now. */
  readonly #considerOrdered = (member: number, classNumber: number, isHome: boolean): boolean => {
    if (!this.#visit(member)) return false
    const search = this.search
    const { cold, warm } = search.costs
    const record = this.#classStats.skills.find(classNumber, member)
    const reason = record === none ? 'cold' : isHome ? 'home' : 'spill'
    const waste = isHome ? 0 : cold - warm
    search.consider(member, record, this.#secondsOf(record), waste, reason)
    return true
  }

  #firstHome(classNumber: number): number {
    const { skills } = this.#classStats
    if (skills.countOf(classNumber) === 0) return none
    return skills.memberOf(skills.at(classNumber, 0))
  }

  /** It counts as warm, so that it gets warm, though its first requests will take longer. */
  #considerTemporaryHome(member: number, classNumber: number): void {
    const search = this.search
    if (!this.#visit(member)) return
    const record = this.#classStats.skills.find(classNumber, member)
    const seconds = this.#secondsOf(record)
    const pretended = Math.min(seconds, search.costs.warm)
    search.consider(member, record, pretended, 0, 'home')
    search.bestSeconds = seconds
    // It is the first that is looked at. What counts as regret is the time that it really takes.
    search.bestTime += seconds - pretended
    search.leastTime = search.bestTime
  }

  /** Looks at the class's workers: all of them, or half from its homes and half from the others. */
  #considerSkilled(classNumber: number): void {
    const search = this.search
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
    const search = this.search
    const member = this.#classStats.skills.memberOf(record)
    if (!this.#visit(member)) return
    const seconds = this.#secondsOf(record)
    if (isHome) search.consider(member, record, seconds, 0, 'home')
    else search.consider(member, record, seconds, Math.max(0, seconds - search.costs.warm), 'spill')
  }

  /** What a request of the class takes at the record's worker, or at one without a record. */
  #secondsOf(record: number): number {
    const { skills } = this.#classStats
    const { warm, cold, isFlat } = this.search.costs
    if (record === none) return cold
    const seconds = skills.count(record) === 0 ? cold : skills.seconds(record) * this.#scale
    return isFlat ? withoutNoise(seconds, warm) : seconds
  }

  /** Looks at a few workers without the skill, the first in the order of the class. */
  #considerSpares(classNumber: number, hash: number): void {
    const search = this.search
    const { skills } = this.#classStats
    const { warm, cold, homes } = search.costs
    const count = skills.countOf(classNumber)
    const waste = count < homes ? 0 : cold - warm
    let wanted = Math.min(this.#spares, this.#members.size - count)
    for (let i = 0; wanted > 0 && i < maxChoices; i++) {
      // A class on many workers has outgrown its order: any worker will do.
      const isCrowd = count > maxSkilled
      const member = isCrowd
        ? this.#members.list[this.#below(this.#members.size)]?.number
        : this.#rendezvous.choice(hash, i)
      if (member === undefined || !this.#visit(member)) continue
      if (isCrowd && skills.find(classNumber, member) !== none) continue
      wanted--
      search.consider(member, none, cold, waste, 'cold')
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }
}
