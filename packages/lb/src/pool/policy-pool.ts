/** Makes a pool of a simple policy. */
import type { Explanation } from './explanation.ts'
import { type Member, Members, newMember } from './members.ts'
import type { PickArgs } from './pick.ts'
import type { Assignment, Pool, WorkerTraits, WorkerUpdate } from './pool.ts'
import type { GivenSettings } from './settings.ts'

/** The members that a policy chooses from. */
export interface PresentMembers<Worker, M extends Member<Worker>> {
  /** Requests assigned and not finished, those of absent workers included. */
  readonly backlog: number
  readonly size: number
  /** All but those to be avoided, in the order in which they came. */
  usable(avoid: ReadonlySet<Worker> | undefined): readonly M[]
}

/** What has happened to a member. */
export type MemberChange = 'assigned' | 'finished' | 'traits'

/**
 * Decides which member gets the next request. The pool counts the requests of each member; a policy
 * that needs no more than these implements only `choose`.
 */
export interface Policy<Worker, M extends Member<Worker> = Member<Worker>> {
  /** The member that should get the request, none of `avoid`. Must change nothing. */
  choose(
    pick: PickArgs,
    members: PresentMembers<Worker, M>,
    avoid: ReadonlySet<Worker> | undefined,
  ): M | undefined
  /** A worker has come, or come back. */
  joined?(member: M): void
  left?(member: M): void
  /** Something has happened to a member that is present. */
  changed?(member: M, change: MemberChange): void
  /** See `Pool.updateSettings`. */
  updateSettings?(settings: GivenSettings): void
}

/** A pool that follows a policy. */
export class PolicyPool<Worker, M extends Member<Worker> = Member<Worker>> implements Pool<Worker> {
  readonly #policy: Policy<Worker, M>
  readonly #members: Members<Worker, M>

  /** `create` makes the members, if they are more than a {@link Member}. */
  constructor(
    policy: Policy<Worker, M>,
    create: (worker: Worker, traits: WorkerTraits) => M = newMember as never,
  ) {
    this.#policy = policy
    this.#members = new Members(create)
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#policy.updateSettings?.(settings)
  }

  update(worker: Worker, news: WorkerUpdate): void {
    let isNew = false
    const member = this.#members.update(worker, news, () => {
      isNew = true
    })
    if (member === undefined || news.traits === undefined) return
    if (isNew) this.#policy.joined?.(member)
    else this.#policy.changed?.(member, 'traits')
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member !== undefined) this.#policy.left?.(member)
  }

  assign(
    pick: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const member = this.#policy.choose(pick, this.#members, avoid)
    if (member === undefined) return undefined
    this.#members.begin(member)
    this.#policy.changed?.(member, 'assigned')
    return new PolicyAssignment(member, this.#onFinish)
  }

  readonly #onFinish = (member: M): void => {
    this.#members.finish(member)
    if (member.present) this.#policy.changed?.(member, 'finished')
  }

  explain(pick: PickArgs, _now: number, avoid?: ReadonlySet<Worker>): Explanation<Worker> {
    return {
      chosen: this.#policy.choose(pick, this.#members, avoid)?.worker,
      candidates: this.#members.list.map(({ worker, backlog }) => ({
        worker,
        role: avoid?.has(worker) ? 'avoided' : 'candidate',
        backlog,
      })),
    }
  }
}

/** An assignment that reports its first end. A class, because closures would cost more. */
class PolicyAssignment<Worker, M extends Member<Worker>> implements Assignment<Worker> {
  readonly #member: M
  readonly #onFinish: (member: M) => void
  #isFinished = false

  constructor(member: M, onFinish: (member: M) => void) {
    this.#member = member
    this.#onFinish = onFinish
  }

  get worker(): Worker {
    return this.#member.worker
  }

  finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#onFinish(this.#member)
  }
}
