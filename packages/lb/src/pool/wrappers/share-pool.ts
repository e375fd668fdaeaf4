/** Lets no class hold the slots of all workers while there are others, over any pool. */
import { ClassPresence } from '@resumelb/common'
import {
  type ClassStanding,
  classStanding,
  type RequestClass,
  type Skill,
} from '@resumelb/protocol'
import { WatchedAssignment } from '../assignment.ts'
import type { Explanation } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type {
  Assignment,
  Outcome,
  Pool,
  WorkerSummary,
  WorkerTraits,
  WorkerUpdate,
} from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { BlockedWorkers } from './share/blocked-workers.ts'
import type { HeldSlot, Holder } from './share/holder.ts'
import { Holders } from './share/holders.ts'
import { Holding } from './share/holding.ts'
import { Limits } from './share/limits.ts'
import { ShareWorkers } from './share/share-workers.ts'
import type { PoolFactory } from './sub-pools.ts'
import { union } from './union.ts'

/** A class floods if it has so many times as many requests as it may hold slots. */
const floodFactor = 2

/**
 * A class that holds its share of the slots of all workers gets further requests only where it
 * holds slots already, as long as other classes have come within the last minute. They wait there,
 * and a class that hangs or floods leaves workers for the others. Of a worker with several slots, a
 * class holds only its share (see `Slots`), so that this concerns above all workers with one slot.
 * There, all load balancers leave the same workers to others: see
 * `docs/decisions/0911-requests-behind-those-that-hang.md`.
 *
 * Classes of which no request was served yet have one share together, so that inventing names gains
 * nothing, and each of them a share of that. Those that other load balancers have sent count as
 * well, if workers tell of them: otherwise each load balancer would keep them from the workers where
 * the others have begun to load them, and have them loaded twice. Sessions go where they must.
 *
 * Slow classes, whose requests hang or take long, all leave the same workers to those that are
 * quick; so do new classes, of which that is not known. And no class but slow ones gets a worker that
 * gives requests back: see `docs/decisions/0912-slow-classes.md`.
 */
export class SharePool<Worker> implements Pool<Worker> {
  readonly #pool: Pool<Worker>
  readonly #workers: ShareWorkers<Worker>
  readonly #holders = new Holders<Worker>()
  readonly #blocked = new BlockedWorkers<Worker>()
  readonly #presence = new ClassPresence()
  /** Of classes whose requests take no long time. */
  readonly #quick = new ClassPresence()

  /** `share` is above 0 and up to 1. */
  constructor(create: PoolFactory<Worker>, share: number) {
    this.#pool = create()
    this.#workers = new ShareWorkers(share)
  }

  get backlog(): number {
    return this.#pool.backlog
  }

  get size(): number {
    return this.#pool.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#pool.updateSettings(settings)
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    if (news.traits !== undefined) {
      this.#workers.set(worker, news.traits.key, slotsOf(news.traits))
    }
    if (news.resume !== undefined) this.#holders.leave(worker)
    for (const skills of [news.resume, news.changes]) {
      for (const [requestClass, skill] of skills ?? []) this.#read(worker, requestClass, skill, now)
    }
    this.#pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#workers.remove(worker)
    this.#holders.leave(worker)
    this.#blocked.free(worker)
    this.#pool.remove(worker, now)
  }

  knows(requestClass: string): boolean {
    return this.#holders.isKnown(requestClass)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#pool.summaries?.(now)
  }

  tick(now: number): void {
    this.#pool.tick?.(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    const holder = this.#holders.find(pick.requestClass)
    const { name, isKnown } = holder
    this.#presence.see(name, isKnown, now)
    if (!holder.isSlow(now)) this.#quick.see(name, isKnown, now)
    const assignment = this.#assignBest(holder, pick, now, avoid)
    if (assignment === undefined) return undefined
    const standing = classStanding(isKnown, this.#presence.hasOthers(name, true, now))
    const held = new HeldAssignment(assignment, holder, standing, this.#onEnd)
    this.#holders.begin(holder, held)
    return held
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const holder = this.#holders.find(pick.requestClass)
    const limits = this.#limitsOf(holder, pick, now)
    for (const attempt of limits?.attempts(pick, avoid) ?? []) {
      const explanation = this.#pool.explain?.(attempt.pick, now, attempt.avoid)
      if (explanation?.chosen !== undefined) return limits?.explained(explanation)
    }
    return this.#pool.explain?.(pick, now, avoid)
  }

  #assignBest(
    holder: Holder<Worker>,
    pick: PickArgs,
    now: number,
    avoid: ReadonlySet<Worker> | undefined,
  ): Assignment<Worker> | undefined {
    const limits = this.#limitsOf(holder, pick, now)
    if (limits === undefined) return this.#pool.assign(pick, now, avoid)
    for (const attempt of limits.attempts(pick, avoid)) {
      const assignment = this.#pool.assign(attempt.pick, now, attempt.avoid)
      if (assignment !== undefined) return assignment
    }
    // It may have no worker where it holds a slot that can take this request.
    return this.#pool.assign(pick, now, avoid)
  }

  /** Where the request should not go; `undefined` if it may go anywhere. */
  #limitsOf(holder: Holder<Worker>, pick: PickArgs, now: number): Limits<Worker> | undefined {
    if (pick.session !== undefined) return undefined
    const reserved = this.#forbidden(holder, now)
    // A class that hangs itself had better wait there than take others.
    const blocked = holder.isSlow(now) ? undefined : this.#blocked.at(now)
    return reserved || blocked ? new Limits(reserved, blocked) : undefined
  }

  /** A skill with the count 0 says that the worker has begun the class, and not yet served it. */
  #read(worker: Worker, requestClass: RequestClass, skill: Skill | null, now: number): void {
    if (skill?.count === 0) return this.#holders.readBegun(requestClass, worker)
    this.#holders.readEnded(requestClass, worker)
    if (skill !== null) this.#holders.learn(requestClass, false, now)
  }

  /** Workers where the class may not hold another slot. */
  #forbidden(holder: Holder<Worker>, now: number): ReadonlySet<Worker> | undefined {
    if (!this.#workers.areTight) return undefined
    const { limit, newcomerLimit } = this.#workers
    const { group } = holder
    if (group === undefined) return this.#keptFrom(holder, limit, now)
    // All newcomers together leave slots to known classes; one of them, to the other newcomers too.
    const ofAll = this.#keptFromNewcomers(group, holder.name, now)
    const ofOne = this.#keptFrom(holder, newcomerLimit, now)
    return ofAll && ofOne ? union(ofAll, ofOne) : (ofAll ?? ofOne)
  }

  #keptFrom(holder: Holder<Worker>, limit: number, now: number): ReadonlySet<Worker> | undefined {
    if (holder.requests === 0 || holder.isBlocked(now)) return undefined
    if (this.#mayHang(holder, now)) return this.#keptForQuick(holder, limit)
    // So few cannot hold that many slots: there is no need to know where they are.
    if (holder.requests < limit) return undefined
    if (!this.#presence.hasOthers(holder.name, true, now)) return undefined
    const holding = this.#hold(holder)
    if (holding.slots >= limit) return holding.left
    // When one of them has ended, the next one must not begin at a worker that is kept for others.
    const floods = holder.requests >= floodFactor * limit && holding.slots === limit - 1
    return floods ? holding.unheld : undefined
  }

  /**
   * Whether its requests may take long, while those of other classes do not. After a restart of all
   * workers, many classes are new, and of most of them something is in progress.
   */
  #mayHang(holder: Holder<Worker>, now: number): boolean {
    const { name, group } = holder
    if (holder.isSlow(now)) return this.#quick.hasOthers(name, true, now)
    if (group === undefined || group.requests >= this.#workers.limit) return false
    return this.#quick.hasOthers(name, false, now)
  }

  /** All classes that may hang leave the same workers to the others. */
  #keptForQuick(holder: Holder<Worker>, limit: number): ReadonlySet<Worker> {
    const { reserved, list } = this.#workers
    const { slots, elsewhere } = this.#hold(holder)
    if (holder.requests < limit) return new Set([...reserved].filter((each) => elsewhere.has(each)))
    if (slots < limit) return reserved
    const both = new Set([...reserved, ...elsewhere])
    return both.size < list.size ? both : reserved
  }

  /** After a restart of all workers, newcomers are everywhere: they need not leave any of them. */
  #keptFromNewcomers(
    group: Holder<Worker>,
    requestClass: string,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    const { limit } = this.#workers
    if (group.requests < limit || this.#hold(group).slots < limit) return undefined
    if (!this.#presence.hasOthers(requestClass, false, now)) return undefined
    return this.#hold(group).elsewhere
  }

  /** The slots that a class holds. */
  #hold(holder: Holder<Worker>): Holding<Worker> {
    const { holding } = holder
    const workers = this.#workers
    if (holding?.version === workers.version) return holding
    const { name, group } = holder
    const limit = group === undefined ? workers.limit : workers.newcomerLimit
    const slotsAt = group === undefined ? workers.slotsOfClass : workers.slotsOfNewcomer
    const made = new Holding<Worker>(
      { list: workers.list, slotsAt, reserved: () => workers.reservedFrom(name, limit, slotsAt) },
      workers.version,
    )
    for (const worker of holder.workers()) made.add(worker)
    holder.holding = made
    return made
  }

  readonly #onEnd = (ended: HeldAssignment<Worker>, outcome: Outcome, now: number): void => {
    const { holder, worker } = ended
    const { result, waitedFor } = outcome
    // Its class may have become known, with a holder of its own, since the request began.
    const current = holder.isKnown ? holder : this.#holders.find(holder.name)
    current.ended(outcome, now)
    if (waitedFor !== undefined) this.#blocked.block(worker, now)
    else if (result === 'served' || result === 'failed') this.#blocked.free(worker)
    // It may have to be known before the last of its requests ends, and all is forgotten.
    if (result === 'served') this.#holders.learn(holder.name, true, now)
    this.#holders.end(holder, ended)
  }
}

/** The slots that count: not those of workers that take requests only if no other can. */
function slotsOf({ state, standby, concurrency }: WorkerTraits): number {
  return state === 'draining' || state === 'unready' || standby ? 0 : concurrency
}

/** An assignment that says when its slot is free. An upgraded connection holds none. */
class HeldAssignment<Worker> extends WatchedAssignment<Worker> implements HeldSlot<Worker> {
  before: HeldSlot<Worker> | undefined
  after: HeldSlot<Worker> | undefined
  isChained = false
  readonly holder: Holder<Worker>
  readonly standing: ClassStanding
  readonly #onEnd: (held: HeldAssignment<Worker>, outcome: Outcome, now: number) => void

  constructor(
    assignment: Assignment<Worker>,
    holder: Holder<Worker>,
    standing: ClassStanding,
    onEnd: (held: HeldAssignment<Worker>, outcome: Outcome, now: number) => void,
  ) {
    super(assignment)
    this.holder = holder
    this.standing = standing
    this.#onEnd = onEnd
  }

  protected override onEnd(now: number, outcome: Outcome): void {
    this.#onEnd(this, outcome, now)
  }
}
