/** Moves work, slowly, from workers that are a little too busy all the time. */
import type { PlannedHome as SharedHome } from '@resumelb/protocol'
import { CacheRelief, type PlannedHome } from './cache-relief.ts'
import type { ClassStats } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { matureCount } from './cost-settings.ts'
import { homeValue } from './home-value.ts'
import type { MemberTable } from './member-table.ts'
import { none } from './skill-table.ts'

/** Looks in a row, a second apart, that must see the same: one may have seen a burst. */
const looksNeeded = 2

/** Seconds that a temporary home lasts: enough for the class to get warm there and to stay. */
const temporarySeconds = 20

/**
 * Seconds that a worker has to get warm for a class before it becomes a home all the same. It is
 * one earlier if it reports the skill.
 */
const preparationSeconds = 5

/** The part of a worker's time that a class must take to be worth its move. */
const leastUtilization = 0.02

/**
 * Half the difference of two workers' utilisations below which nothing is to be gained by a move:
 * where caches have room, and where each class that comes drives out another.
 */
const leastDifference = { withRoom: 0.03, underPressure: 0.15 } as const

/**
 * What a move costs, in cold requests: caches fill request by request, and as much is driven out as
 * is loaded.
 */
const coldRequestsPerMove = 8

/** Cache pressure below which classes get more homes than they need, only to shorten waits. */
const roomyPressure = 0.3

/** The part of a class's time at its busiest home that another home would save, at least. */
const savedByHome = 0.25

/** When to move a class, and how readily. */
export interface PlanningContext {
  /** Requests per slot by which the busiest worker must exceed the idlest. */
  readonly gap: number
  /** From 0, caches have room, to 1. */
  readonly cachePressure: number
}

type SharedTimes = Pick<SharedHome, 'delay' | 'seconds'>

interface TemporaryHome<Worker> extends PlannedHome<Worker> {
  /** Until then, the worker gets warm in the background. */
  readonly from: number
  readonly until: number
}

/**
 * Each pick is greedy: it never moves a class off a worker that is a little too busy all the time,
 * because each single cold request costs more than one wait. The planner looks at all workers once
 * a second, and makes the idlest a home of that class of the busiest whose requests would save most
 * waiting by it, if that is worth the cold requests. If that worker can, it gets warm first.
 * Where caches have room, the planner also spreads classes over more workers than they need, one a
 * second: the more of them a request can choose from, the less it waits. Where a worker's caches
 * overflow, a class moves to one that holds fewer.
 */
export class Planner<Worker> {
  readonly #table: MemberTable
  readonly #relief: CacheRelief<Worker>
  readonly #temporaryHomes = new Map<number, TemporaryHome<Worker>>()
  #looks = 0

  constructor(table: MemberTable) {
    this.#table = table
    this.#relief = new CacheRelief(table)
  }

  /** The worker that is to become a home of the class, if there is one. */
  homeOf(classNumber: number, now: number): CostMember<Worker> | undefined {
    if (this.#temporaryHomes.size === 0) return undefined
    const home = this.#temporaryHomes.get(classNumber)
    return home !== undefined && now >= home.from && isValid(home, now) ? home.member : undefined
  }

  /** The worker that the class leaves for its {@link homeOf}, or `none`: it gets no more of it. */
  leftBy(classNumber: number): number {
    const left = this.#temporaryHomes.get(classNumber)?.instead
    // The number of a worker that is gone may be another one's by now.
    return left?.present ? left.number : none
  }

  /** The worker that is to become a home, or gets warm to become one. */
  #invitedTo(classNumber: number, now: number): CostMember<Worker> | undefined {
    const home = this.#temporaryHomes.get(classNumber)
    return home !== undefined && isValid(home, now) ? home.member : undefined
  }

  /** Another load balancer has planned a home. `delay` and `seconds` are those of `PlannedHome`. */
  follow(
    classNumber: number,
    { member, instead, delay, seconds }: PlannedHome<Worker> & SharedTimes,
    now: number,
  ): void {
    const from = now + delay
    this.#temporaryHomes.set(classNumber, { member, instead, from, until: from + seconds })
  }

  forget(classNumber: number): void {
    this.#temporaryHomes.delete(classNumber)
  }

  /** Looks at the workers. To be called once a second. */
  look(
    members: readonly CostMember<Worker>[],
    classStats: ClassStats,
    now: number,
    context: PlanningContext,
  ): void {
    for (const [classNumber, home] of this.#temporaryHomes) {
      if (!isValid(home, now)) this.#temporaryHomes.delete(classNumber)
    }
    if (members.every(isLedByAnother)) return
    this.#relieve(members, classStats, now)
    const { busiest, idlest, difference, mean } = compare(members, this.#table, now)
    if (busiest === undefined || idlest === undefined || busiest === idlest) return
    if (context.cachePressure < roomyPressure) {
      this.#invite(this.#bestToSpread(busiest, idlest, classStats, now), idlest, classStats, now)
    }
    this.#looks = difference < Math.max(context.gap, context.gap * mean) ? 0 : this.#looks + 1
    if (this.#looks < looksNeeded) return
    this.#looks = 0
    const wanted =
      (utilization(busiest, classStats, now) - utilization(idlest, classStats, now)) / 2
    if (wanted < leastGain(context)) return
    const best = this.#bestMove(busiest, idlest, wanted, classStats, now)
    this.#invite(best, idlest, classStats, now)
  }

  #relieve(members: readonly CostMember<Worker>[], classStats: ClassStats, now: number): void {
    const homes = this.#temporaryHomes
    for (const { classNumber, from, to } of this.#relief.look({
      members,
      homes,
      classStats,
      now,
    })) {
      this.#invite(classNumber, to, classStats, now, from)
    }
  }

  #invite(
    classNumber: number | undefined,
    member: CostMember<Worker>,
    classStats: ClassStats,
    now: number,
    instead?: CostMember<Worker>,
  ): void {
    if (classNumber === undefined) return
    const name = classStats.nameOf(classNumber)
    if (name === undefined) return
    const delay = member.traits.prepare?.(name) === true ? preparationSeconds : 0
    const seconds = temporarySeconds
    this.follow(classNumber, { member, instead, delay, seconds }, now)
    const left = instead && { instead: instead.traits.key }
    member.traits.announce?.({ requestClass: name, delay, seconds, ...left })
  }

  /**
   * The class that keeps the busiest worker most busy and is new to the idlest, if what a home
   * there would save while it is a home is worth loading it.
   */
  #bestToSpread(
    busiest: CostMember<Worker>,
    idlest: CostMember<Worker>,
    classStats: ClassStats,
    now: number,
  ): number | undefined {
    const { skills } = classStats
    let best: number | undefined
    let most = 0
    let record = skills.firstOf(busiest.number)
    for (; record !== none; record = skills.after(record)) {
      const demand = skills.demand(record, now)
      const classNumber = skills.classOf(record)
      const price = coldRequestsPerMove * classStats.penalty(classNumber)
      if (demand <= most || price > demand * temporarySeconds * savedByHome) continue
      const known = skills.find(classNumber, idlest.number)
      if (known !== none && skills.count(known) >= matureCount) continue
      if (this.#isLoading(classNumber, classStats, now)) continue
      best = classNumber
      most = demand
    }
    return best
  }

  /** Whether the class has a temporary home that is not warm yet: one is loaded after the other. */
  #isLoading(classNumber: number, { skills }: ClassStats, now: number): boolean {
    const home = this.#invitedTo(classNumber, now)
    if (home === undefined) return false
    const record = skills.find(classNumber, home.number)
    return record === none || skills.count(record) < matureCount
  }

  /** The class of the busiest worker whose requests would save most by a home at the idlest. */
  #bestMove(
    busiest: CostMember<Worker>,
    idlest: CostMember<Worker>,
    wanted: number,
    classStats: ClassStats,
    now: number,
  ): number | undefined {
    const { skills } = classStats
    const context = { table: this.#table, classStats, now }
    // The seconds that the idlest worker would gain are what loading the class may cost there.
    const most = (wanted * temporarySeconds * idlest.weight) / coldRequestsPerMove
    let best: number | undefined
    let bestValue = 0
    let record = skills.firstOf(busiest.number)
    for (; record !== none; record = skills.after(record)) {
      const load = skills.demand(record, now) / busiest.weight
      const classNumber = skills.classOf(record)
      if (load < leastUtilization || classStats.penalty(classNumber) > most) continue
      if (this.#isLoading(classNumber, classStats, now)) continue
      const value = homeValue(classNumber, idlest.number, context)
      if (value <= bestValue) continue
      best = classNumber
      bestValue = value
    }
    return best
  }
}

function isValid<Worker>({ member, until }: TemporaryHome<Worker>, now: number): boolean {
  return now < until && member.present
}

/** Whether another load balancer plans which classes get a home there. */
function isLedByAnother<Worker>({ traits }: CostMember<Worker>): boolean {
  return traits.follows === true
}

function leastGain({ cachePressure }: PlanningContext): number {
  const { withRoom, underPressure } = leastDifference
  return withRoom + cachePressure * (underPressure - withRoom)
}

function compare<Worker>(members: readonly CostMember<Worker>[], table: MemberTable, now: number) {
  let busiest: CostMember<Worker> | undefined
  let idlest: CostMember<Worker> | undefined
  let most = Number.NEGATIVE_INFINITY
  let least = Number.POSITIVE_INFINITY
  let sum = 0
  for (const member of members) {
    const load = table.meanBacklogPerSlot(member.number, now)
    sum += load
    if (load > most) {
      busiest = member
      most = load
    }
    if (load < least && !isLedByAnother(member)) {
      idlest = member
      least = load
    }
  }
  return { busiest, idlest, difference: most - least, mean: sum / Math.max(members.length, 1) }
}

/** The part of its time that the worker spends on requests, by what it says of its skills. */
function utilization<Worker>(member: CostMember<Worker>, classStats: ClassStats, now: number) {
  const { skills } = classStats
  let busy = 0
  let record = skills.firstOf(member.number)
  for (; record !== none; record = skills.after(record)) {
    busy += skills.demand(record, now)
  }
  return busy / member.weight
}
