/** Moves classes from workers whose caches overflow to workers that hold fewer. */
import type { ClassStats } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { matureCount, maxSkilled } from './cost-settings.ts'
import type { MemberTable } from './member-table.ts'
import { none } from './skill-table.ts'

/** Looks in a row, a second apart, that must see the same: loading a class looks alike. */
const looksNeeded = 3

/** Overflow from which on something must leave a worker, and up to which it may have room. */
const tooFull = 0.5
const roomy = 0.2

/** Mean overflow of the workers above which there is no room anywhere, unless it is but one of few. */
const mostOverflow = 0.3

/** A worker has a class in its caches if it has told of it within so many seconds. */
const heldSeconds = 10

/** Workers of either kind that are looked at closely: there may be a thousand. */
const maxCompared = 16

/** Classes that move at a time, at most. */
const maxMoves = 4

/** A worker that a class is being loaded at, and perhaps the one that it leaves. */
export interface PlannedHome<Worker> {
  readonly member: CostMember<Worker>
  readonly instead: CostMember<Worker> | undefined
}

export interface Move<Worker> {
  readonly classNumber: number
  readonly from: CostMember<Worker>
  readonly to: CostMember<Worker>
}

/** What is known at one look. `homes` are by number of the class. */
export interface ReliefContext<Worker> {
  readonly members: readonly CostMember<Worker>[]
  readonly homes: ReadonlyMap<number, PlannedHome<Worker>>
  readonly classStats: ClassStats
  readonly now: number
}

/**
 * Where one class more than fits is in a worker's caches, the least recently used are always those
 * that are needed next: a good part of its requests is slow, and stays so, since its classes have
 * no other home. Then the one that is used least goes: to another home that it has, or else to the
 * worker that holds fewest. How much fits into its caches is not known; but if it holds two classes
 * fewer than all that overflow, it has room, or is the better place at least. As each move makes
 * the two more alike, no class goes back and forth.
 */
export class CacheRelief<Worker> {
  readonly #table: MemberTable
  /** At how many looks in a row these have overflowed. */
  #looks = new Map<CostMember<Worker>, number>()

  constructor(table: MemberTable) {
    this.#table = table
  }

  /**
   * To be called once a second. Yields what should move; what it has yielded must be among the
   * planned homes of the context when it goes on.
   */
  *look(context: ReliefContext<Worker>): Generator<Move<Worker>> {
    const { members } = context
    const full = members.filter((member) => this.#overflow(member) >= tooFull)
    this.#count(full, context)
    const overflow = members.reduce((sum, member) => sum + this.#overflow(member), 0)
    if (overflow > Math.max(1, mostOverflow * members.length)) return
    for (let i = 0; i < maxMoves; i++) {
      const from = this.#mostInNeed()
      if (from === undefined) return
      // Whatever comes of it: next time it is another worker's turn.
      this.#looks.delete(from)
      const move = this.#leastUsed(from, this.#roomiest(full, context), context)
      if (move !== undefined) yield move
    }
  }

  #overflow({ number }: CostMember<Worker>): number {
    return this.#table.overflows.at(number)
  }

  #count(full: readonly CostMember<Worker>[], context: ReliefContext<Worker>): void {
    const before = this.#looks
    this.#looks = new Map()
    for (const member of full) {
      if (!isLoading(member, context)) this.#looks.set(member, (before.get(member) ?? 0) + 1)
    }
  }

  #mostInNeed(): CostMember<Worker> | undefined {
    let best: CostMember<Worker> | undefined
    for (const [member, looks] of this.#looks) {
      if (looks < looksNeeded) continue
      if (best === undefined || this.#overflow(member) > this.#overflow(best)) best = member
    }
    return best
  }

  /** The least busy of those that hold fewest, if one holds fewer than all that overflow. */
  #roomiest(
    full: readonly CostMember<Worker>[],
    context: ReliefContext<Worker>,
  ): CostMember<Worker> | undefined {
    const { members, now } = context
    const busyness = ({ number }: CostMember<Worker>) => this.#table.meanBacklogPerSlot(number, now)
    const candidates = members
      .filter((member) => this.#overflow(member) <= roomy)
      .sort((a, b) => busyness(a) - busyness(b))
      .slice(0, maxCompared)
    const held = (member: CostMember<Worker>) => classesAt(member, context)
    const limit = Math.min(...full.slice(0, maxCompared).map(held)) - 2
    let best: CostMember<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (const member of candidates) {
      const classes = held(member)
      if (classes > limit || classes >= least) continue
      best = member
      least = classes
    }
    return best
  }

  /**
   * The class that keeps the worker least busy, and its other home; or `roomiest`, if it has none.
   */
  #leastUsed(
    from: CostMember<Worker>,
    roomiest: CostMember<Worker> | undefined,
    context: ReliefContext<Worker>,
  ): Move<Worker> | undefined {
    const { members, homes, classStats, now } = context
    const { skills } = classStats
    let best: Move<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (let record = skills.firstOf(from.number); record !== none; record = skills.after(record)) {
      const classNumber = skills.classOf(record)
      const demand = skills.rate(record, now) * skills.seconds(record)
      if (demand >= least || homes.has(classNumber) || !isHeld(record, context)) continue
      const otherHome = this.#otherHome(record, context)
      const isOther = ({ number }: CostMember<Worker>) => number === otherHome
      const to = otherHome === none ? roomiest : members.find(isOther)
      if (to === undefined) continue
      best = { classNumber, from, to }
      least = demand
    }
    return best
  }

  /** Another worker that has the record's class in its caches and does not overflow, or `none`. */
  #otherHome(record: number, context: ReliefContext<Worker>): number {
    const { skills } = context.classStats
    const classNumber = skills.classOf(record)
    const count = Math.min(skills.countOf(classNumber), maxSkilled)
    for (let place = 0; place < count; place++) {
      const other = skills.at(classNumber, place)
      if (other === record || !isHeld(other, context)) continue
      const member = skills.memberOf(other)
      if (this.#table.overflows.at(member) <= roomy) return member
    }
    return none
  }
}

/** Whether the record's worker has served the class lately, and so often that it is loaded. */
function isHeld<Worker>(record: number, { classStats, now }: ReliefContext<Worker>): boolean {
  const { skills } = classStats
  return skills.count(record) >= matureCount && skills.age(record, now) <= heldSeconds
}

/** Whether the worker is loading a class that is planned to have a home there. */
function isLoading<Worker>(
  member: CostMember<Worker>,
  { homes, classStats: { skills } }: ReliefContext<Worker>,
): boolean {
  for (const [classNumber, home] of homes) {
    if (home.member !== member) continue
    const record = skills.find(classNumber, member.number)
    if (record === none || skills.count(record) < 2 * matureCount) return true
  }
  return false
}

/** The classes that the worker has in its caches, or soon will have, in part or as a whole. */
function classesAt<Worker>(
  member: CostMember<Worker>,
  { homes, classStats: { skills }, now }: ReliefContext<Worker>,
): number {
  let classes = 0
  for (const { member: home } of homes.values()) if (home === member) classes++
  let record = skills.firstOf(member.number)
  for (; record !== none; record = skills.after(record)) {
    const home = homes.get(skills.classOf(record))
    const isPlanned = home?.member === member || home?.instead === member
    if (isPlanned || skills.age(record, now) > heldSeconds) continue
    classes += Math.min(1, skills.count(record) / matureCount)
  }
  return classes
}
