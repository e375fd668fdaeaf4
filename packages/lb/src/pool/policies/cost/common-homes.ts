/** Homes of classes in which load balancers agree that know nothing of each other's requests. */
import type { Members } from '../../members.ts'
import { hashString } from '../../structures/hash.ts'
import type { RendezvousTable } from '../../structures/rendezvous-table.ts'
import { grown, roomFor } from '../../structures/rows.ts'
import type { ClassCosts, ClassStats } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { maxChoices } from './cost-settings.ts'
import { fade } from './estimate.ts'
import { HomePlan, type PlannedClass } from './home-plan.ts'

/**
 * Time constant of the requests that are counted, in seconds: a load balancer sees few of them, and
 * all should find the same.
 */
const memory = 60

/**
 * Requests per second from which on a class has planned homes, and below which it has none any
 * more: two a minute, and one in two minutes. At first, one request is enough, because homes should
 * be planned before caches are filled.
 */
const leastRate = { enter: 1 / 30, stay: 1 / 120 } as const

/**
 * The part of a mean worker's work above which a class gets another home. Each load balancer knows
 * only of what it has sent itself what waits where, so that queues are kept short by giving the
 * requests of a class more workers to choose from. Compared with the work of all classes, because
 * all seem to take more when workers are overloaded, and more homes would overload them more.
 */
const mostOfMean = 1 / 3

/** The same as a part of the usual utilization: where little is to be done, one home suffices. */
const mostOfUsual = 0.4

/** Classes that are planned in a second, at most, on average: planning 100,000 takes a while. */
const classesPerSecond = 1000

/** What plans are made of. */
export interface CommonHomesContext<Worker> {
  readonly members: Members<Worker, CostMember<Worker>>
  readonly classStats: ClassStats
  /** By the numbers of the members. */
  readonly order: RendezvousTable<number>
}

/**
 * Counts the requests of each class, and plans homes for them from time to time. All load balancers
 * get the same classes, about as often, so that their plans are the same but for a few homes.
 */
export class CommonHomes<Worker> {
  readonly #members: Members<Worker, CostMember<Worker>>
  readonly #classStats: ClassStats
  readonly #order: RendezvousTable<number>
  /** By class: requests, fading. */
  #requests = new Float64Array(0)
  /** For how many seconds they were counted, fading as they do. */
  #seconds = 0
  #lookedAt: number | undefined
  #plannedAt = Number.NEGATIVE_INFINITY
  #plan: HomePlan | undefined
  #plannedClasses = 0
  #balancers = 1
  readonly #costs: ClassCosts = { warm: 0, cold: 0, pollution: 1, isFlat: false, homes: 1 }

  constructor({ members, classStats, order }: CommonHomesContext<Worker>) {
    this.#members = members
    this.#classStats = classStats
    this.#order = order
  }

  /** Load balancers that use the members and know nothing of each other's requests. */
  get balancers(): number {
    return this.#balancers
  }

  /** A member has come, or its traits are others now. */
  update(): void {
    const counts = this.#members.list.map(({ traits }) => traits.balancers ?? 1)
    this.#balancers = counts.reduce((most, count) => Math.max(most, count), 1)
    this.#plannedAt = Number.NEGATIVE_INFINITY
  }

  /** The member is gone: its number may be another one's soon. */
  leave(member: number): void {
    this.#plan?.remove(member)
    this.update()
  }

  /** A request of the class has come. */
  count(classNumber: number): void {
    if (this.#balancers === 1) return
    if (classNumber >= this.#requests.length) {
      this.#requests = grown(this.#requests, roomFor(classNumber + 1))
    }
    this.#requests[classNumber] = (this.#requests[classNumber] as number) + 1
  }

  /** The number is no longer that of its class. */
  forget(classNumber: number): void {
    if (classNumber < this.#requests.length) this.#requests[classNumber] = 0
    this.#plan?.forget(classNumber)
  }

  /** The class's homes, by the numbers of the members. Absent if it is not planned. */
  homesOf(classNumber: number): readonly number[] | undefined {
    return this.#plan?.homesOf(classNumber)
  }

  /**
   * Calls `consider` with the homes of the class and then with one worker more, which has less to do
   * than the mean: where homes are too busy, all load balancers know where to go. If `consider`
   * returns false, the worker is none of them, and the next in the class's order takes its place.
   * `homes`: their number if none are planned.
   */
  consider(
    classNumber: number,
    hash: number,
    homes: number,
    consider: (member: number, classNumber: number, isHome: boolean) => boolean,
  ): void {
    const planned = this.homesOf(classNumber)
    const wanted = planned?.length || homes
    let seen = 0
    for (const member of planned ?? []) if (consider(member, classNumber, true)) seen++
    for (let i = 0; seen <= wanted && i < maxChoices; i++) {
      const member = this.#order.choice(hash, i)
      const isHome = seen < wanted
      if (member === undefined || (!isHome && this.#plan?.isBusy(member))) continue
      if (consider(member, classNumber, isHome)) seen++
    }
  }

  /** To be called once a second. `homeUtilization`: see the settings of the cost pool. */
  look(now: number, homeUtilization: number): void {
    if (this.#balancers === 1) {
      // Nothing is counted meanwhile, as while no worker has come yet.
      this.#lookedAt = undefined
      return
    }
    this.#fade(now)
    if (now - this.#plannedAt < this.#plannedClasses / classesPerSecond) return
    const members = this.#owners()
    const classes = this.#classes(members, now, homeUtilization)
    const owners = members.map(({ number, weight, traits: { key } }) => {
      return { number, weight, fraction: hashString(key) / 2 ** 32 }
    })
    this.#plan = new HomePlan(owners, this.#order, classes)
    this.#plannedAt = now
    this.#plannedClasses = classes.length
  }

  /** Those that get requests usually: a standby gets them only while no other worker can. */
  #owners(): readonly CostMember<Worker>[] {
    const { list } = this.#members
    const active = list.filter(({ traits }) => !traits.standby)
    return active.length > 0 ? active : list
  }

  #fade(now: number): void {
    const elapsed = now - (this.#lookedAt ?? now - 1)
    const left = fade(elapsed, memory)
    this.#lookedAt = now
    this.#seconds = this.#seconds * left + elapsed
    for (let i = 0; i < this.#requests.length; i++) {
      this.#requests[i] = (this.#requests[i] as number) * left
    }
  }

  /** Those that have homes, in the order of their hashes. */
  #classes(
    members: readonly CostMember<Worker>[],
    now: number,
    homeUtilization: number,
  ): PlannedClass[] {
    const weight = members.reduce((sum, member) => sum + member.weight, 0)
    const classes = this.#demands(now)
    const demand = classes.reduce((sum, each) => sum + each.demand, 0)
    const most = Math.max(mostOfMean * demand, mostOfUsual * homeUtilization * weight)
    return classes
      .map((each) => ({ ...each, homes: 1 + Math.floor((each.demand * members.length) / most) }))
      .sort((one, other) => one.hash - other.hash)
  }

  /** Those that have homes, and what they demand. */
  #demands(now: number): Omit<PlannedClass, 'homes'>[] {
    const classStats = this.#classStats
    const costs = this.#costs
    const classes: Omit<PlannedClass, 'homes'>[] = []
    for (let classNumber = 0; classNumber < this.#requests.length; classNumber++) {
      const rate = (this.#requests[classNumber] as number) / this.#seconds
      // Most have few requests: whether they are planned need not be looked up.
      if (rate < leastRate.stay) continue
      if (rate < leastRate.enter && this.homesOf(classNumber) === undefined) continue
      classStats.appraise(costs, classNumber, 1, 1, now)
      const demand = this.#balancers * rate * costs.warm
      classes.push({ classNumber, hash: classStats.hashOf(classNumber), demand })
    }
    return classes
  }
}
