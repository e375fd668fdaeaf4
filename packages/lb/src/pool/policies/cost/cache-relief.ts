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

/**
 * Mean overflow of the workers above which no class moves, as there is no room anywhere. One of few
 * workers may overflow all the same.
 */
const mostOverflow = 0.3

/** A worker has a class in its caches if it has told of it within so many seconds. */
const heldSeconds = 10

/** Workers of either kind that are looked at closely: there may be a thousand. */
const maxCompared = 16

/**
 * Skills that one look reads, at most: each takes up to 0.5 µs, and requests wait meanwhile. Where
 * workers have more of them, fewer workers are compared.
 */
const maxReads = 10_000

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

/** How many skills a look may still read. */
class Reads {
  #left = maxReads

  /** Takes so many of them; returns whether there were as many. */
  take(count: number): boolean {
    this.#left -= count
    return this.#left >= 0
  }
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
    const reads = new Reads()
    let room: Room<Worker> | undefined
    for (let i = 0; i < maxMoves; i++) {
      const from = this.#mostInNeed()
      if (from === undefined) return
      // Also if no class can leave it: next time it is another worker's turn.
      this.#looks.delete(from)
      room ??= this.#findRoom(full, context, reads)
      const move = this.#leastUsed(from, room.roomiest, context, reads)
      if (move === undefined) continue
      yield move
      room.recount(move)
    }
  }

  #overflow({ number }: CostMember<Worker>): number {
    return this.#table.overflows.at(number)
  }

  #count(full: readonly CostMember<Worker>[], context: ReliefContext<Worker>): void {
    const before = this.#looks
    const loading = loadingMembers(context)
    this.#looks = new Map()
    for (const member of full) {
      if (!loading.has(member)) this.#looks.set(member, (before.get(member) ?? 0) + 1)
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

  #findRoom(
    full: readonly CostMember<Worker>[],
    context: ReliefContext<Worker>,
    reads: Reads,
  ): Room<Worker> {
    const { members, now } = context
    const compared = mostCompared(context)
    const candidates = members
      .filter((member) => this.#overflow(member) <= roomy && !member.traits.follows)
      .map((member) => ({ member, busyness: this.#table.meanBacklogPerSlot(member.number, now) }))
      .sort((one, other) => one.busyness - other.busyness)
      .slice(0, compared)
      .map(({ member }) => member)
    return new Room(candidates, full.slice(0, compared), context, reads)
  }

  /**
   * The class that keeps the worker least busy, and its other home; or `roomiest`, if it has none.
   */
  #leastUsed(
    from: CostMember<Worker>,
    roomiest: CostMember<Worker> | undefined,
    context: ReliefContext<Worker>,
    reads: Reads,
  ): Move<Worker> | undefined {
    const { members, homes, classStats, now } = context
    const { skills } = classStats
    let best: Move<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (let record = skills.firstOf(from.number); record !== none; record = skills.after(record)) {
      if (!reads.take(1)) break
      const classNumber = skills.classOf(record)
      const demand = skills.demand(record, now)
      if (demand >= least || homes.has(classNumber) || !isHeld(record, context)) continue
      if (!reads.take(Math.min(skills.countOf(classNumber), maxSkilled))) break
      const otherHome = this.#otherHome(record, context)
      const isOther = ({ number }: CostMember<Worker>) => number === otherHome
      const to = otherHome === none ? roomiest : members.find(isOther)
      if (to === undefined || to.traits.follows) continue
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

/** Workers of either kind that can be counted with half of the reads. */
function mostCompared<Worker>({ members, classStats: { skills } }: ReliefContext<Worker>): number {
  const each = skills.size / members.length
  return Math.min(maxCompared, Math.ceil(maxReads / (4 * each)))
}

/** Whether the record's worker has served the class lately, and so often that it is loaded. */
function isHeld<Worker>(record: number, { classStats, now }: ReliefContext<Worker>): boolean {
  const { skills } = classStats
  return skills.count(record) >= matureCount && skills.age(record, now) <= heldSeconds
}

/** The workers that are loading a class which is planned to have a home there. */
function loadingMembers<Worker>({
  homes,
  classStats: { skills },
}: ReliefContext<Worker>): ReadonlySet<CostMember<Worker>> {
  const loading = new Set<CostMember<Worker>>()
  for (const [classNumber, { member }] of homes) {
    const record = skills.find(classNumber, member.number)
    if (record === none || skills.count(record) < 2 * matureCount) loading.add(member)
  }
  return loading
}

/** Says which worker has room for a class more. */
class Room<Worker> {
  readonly #candidates: readonly CostMember<Worker>[]
  readonly #full: readonly CostMember<Worker>[]
  readonly #context: ReliefContext<Worker>
  readonly #reads: Reads
  /** How many classes these hold, counted once a look: there may be thousands at each. */
  readonly #classes = new Map<CostMember<Worker>, number>()

  /** `candidates`: the least busy first; `full`: workers that overflow. */
  constructor(
    candidates: readonly CostMember<Worker>[],
    full: readonly CostMember<Worker>[],
    context: ReliefContext<Worker>,
    reads: Reads,
  ) {
    this.#candidates = candidates
    this.#full = full
    this.#context = context
    this.#reads = reads
  }

  /** The least busy of those that hold fewest, if one holds fewer than all that overflow. */
  get roomiest(): CostMember<Worker> | undefined {
    const limit = Math.min(...this.#full.map((member) => this.#classesAt(member))) - 2
    let best: CostMember<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (const member of this.#candidates) {
      const classes = this.#classesAt(member)
      if (classes > limit || classes >= least) continue
      best = member
      least = classes
    }
    return best
  }

  /** A class is planned to move between these two. */
  recount({ from, to }: Move<Worker>): void {
    this.#classes.delete(from)
    this.#classes.delete(to)
  }

  #classesAt(member: CostMember<Worker>): number {
    const counted = this.#classes.get(member) ?? classesAt(member, this.#context, this.#reads)
    this.#classes.set(member, counted)
    return counted
  }
}

/**
 * The classes that the worker has in its caches, or soon will have, in part or as a whole. Infinite
 * if nothing may be read any more: then it is not known to have room.
 */
function classesAt<Worker>(
  member: CostMember<Worker>,
  { homes, classStats: { skills }, now }: ReliefContext<Worker>,
  reads: Reads,
): number {
  let classes = 0
  for (const { member: home } of homes.values()) if (home === member) classes++
  let record = skills.firstOf(member.number)
  for (; record !== none; record = skills.after(record)) {
    if (!reads.take(1)) return Number.POSITIVE_INFINITY
    const home = homes.get(skills.classOf(record))
    const isPlanned = home?.member === member || home?.instead === member
    if (isPlanned || skills.age(record, now) > heldSeconds) continue
    classes += Math.min(1, skills.count(record) / matureCount)
  }
  return classes
}
