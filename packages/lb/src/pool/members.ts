/** Who is in a pool and how much each has to do: the bookkeeping that all policies share. */
import { createAssignment } from './assignment.ts'
import type { Assignment, Outcome, WorkerTraits, WorkerUpdate } from './pool.ts'

/** What every policy keeps of a worker. */
export interface Member<Worker> {
  readonly worker: Worker
  traits: WorkerTraits
  /** Requests assigned to it and not yet finished. Only `Members` changes it. */
  backlog: number
  /** False for a worker that was removed while it had requests. Only `Members` changes it. */
  present: boolean
}

/**
 * The members of a pool. A worker that is removed with unfinished requests is remembered until they
 * are finished: should it come back meanwhile, it is as busy as it was.
 */
export class Members<Worker, M extends Member<Worker>> {
  readonly #create: (worker: Worker, traits: WorkerTraits) => M
  readonly #present = new Map<Worker, M>()
  readonly #list: M[] = []
  readonly #leaving = new Map<Worker, M>()
  #backlog = 0

  constructor(create: (worker: Worker, traits: WorkerTraits) => M) {
    this.#create = create
  }

  /** Requests assigned and not yet finished, those of absent workers included. */
  get backlog(): number {
    return this.#backlog
  }

  get size(): number {
    return this.#present.size
  }

  /** The present member of that worker. */
  get(worker: Worker): M | undefined {
    return this.#present.get(worker)
  }

  /** The present members, in the order in which they came. */
  get list(): readonly M[] {
    return this.#list
  }

  /** The present members but those to be avoided, in the order in which they came. */
  usable(avoid: ReadonlySet<Worker> | undefined): readonly M[] {
    return avoid === undefined ? this.#list : this.#list.filter(({ worker }) => !avoid.has(worker))
  }

  /**
   * The member that the news is about, or `undefined` if it has come too late. `join` is called for
   * one that was not here.
   */
  update(worker: Worker, news: WorkerUpdate, join: (member: M) => void): M | undefined {
    const { traits } = news
    const here = this.#present.get(worker)
    if (here !== undefined) {
      if (traits !== undefined) here.traits = traits
      return here
    }
    if (traits === undefined) return undefined
    const member = this.#leaving.get(worker) ?? this.#create(worker, traits)
    this.#leaving.delete(worker)
    this.#present.set(worker, member)
    this.#list.push(member)
    member.traits = traits
    member.present = true
    join(member)
    return member
  }

  /** The member that left, or `undefined` if it was not here. */
  remove(worker: Worker): M | undefined {
    const member = this.#present.get(worker)
    if (member === undefined) return undefined
    this.#present.delete(worker)
    this.#list.splice(this.#list.indexOf(member), 1)
    member.present = false
    if (member.backlog > 0) this.#leaving.set(worker, member)
    return member
  }

  /** Counts a request to the member. `end` is called once, when it no longer counts. */
  assign(member: M, end?: (now: number, outcome: Outcome) => void): Assignment<Worker> {
    this.begin(member)
    return createAssignment(member.worker, (now, outcome) => {
      this.finish(member)
      end?.(now, outcome)
    })
  }

  /** Counts a request to the member. */
  begin(member: M): void {
    member.backlog++
    this.#backlog++
  }

  /** Takes back a request that was counted to the member. */
  finish(member: M): void {
    member.backlog--
    this.#backlog--
    if (!member.present && member.backlog === 0) this.#leaving.delete(member.worker)
  }
}

/** What is the same for every new member. */
export function newMember<Worker>(worker: Worker, traits: WorkerTraits): Member<Worker> {
  return { worker, traits, backlog: 0, present: true }
}
