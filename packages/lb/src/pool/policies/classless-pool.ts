/** The least busy worker, whatever the class (zc.resumelb's `classlesspool.py`). */
import { Heap, type InHeap } from '@resumelb/common'
import { capacityOf, weightOf } from '../capacity.ts'
import { type Member, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'
import type { WorkerTraits } from '../pool.ts'
import { type HasTurns, Turns } from '../structures/turns.ts'

/** Its turn grows with every use; a new worker has the least of all. */
interface ClasslessMember<Worker> extends Member<Worker>, InHeap, HasTurns {}

/** How busy a worker is that has so many requests in progress. */
export type Busyness = (backlog: number, traits: WorkerTraits) => number

/** The number of its requests, as in zc.resumelb, per capacity. */
const byBacklog: Busyness = (backlog, traits) => backlog / capacityOf(traits)

/** How many requests each of its slots would have with one more, per capacity. */
export const byBacklogPerSlot: Busyness = (backlog, traits) => (backlog + 1) / weightOf(traits)

/** Gives a request to the least busy worker, among equals to the one least recently used. */
export class ClasslessPool<Worker> extends PolicyPool<Worker, ClasslessMember<Worker>> {
  constructor(busyness: Busyness = byBacklog) {
    super(new ClasslessPolicy<Worker>(busyness), (worker, traits) => ({
      ...newMember(worker, traits),
      place: 0,
      rank: 0,
      turn: 0,
      turnUsed: 0,
    }))
  }
}

class ClasslessPolicy<Worker> implements Policy<Worker, ClasslessMember<Worker>> {
  readonly #heap = new Heap<ClasslessMember<Worker>>()
  readonly #turns = new Turns<ClasslessMember<Worker>>()
  readonly #busyness: Busyness
  #firstTurn = 0
  #lastTurn = 0

  constructor(busyness: Busyness) {
    this.#busyness = busyness
  }

  joined(member: ClasslessMember<Worker>): void {
    member.turn = --this.#firstTurn
    this.#turns.set(member, capacityOf(member.traits))
    this.#rank(member)
    this.#heap.add(member)
  }

  left(member: ClasslessMember<Worker>): void {
    this.#heap.remove(member)
    this.#turns.remove(member)
  }

  changed(member: ClasslessMember<Worker>, change: MemberChange): void {
    if (change === 'traits') this.#turns.set(member, capacityOf(member.traits))
    if (change === 'assigned' && this.#turns.use(member)) member.turn = ++this.#lastTurn
    this.#rank(member)
    this.#heap.changed(member)
  }

  choose(
    _pick: PickArgs,
    _members: PresentMembers<Worker, ClasslessMember<Worker>>,
    avoid: ReadonlySet<Worker> | undefined,
  ): ClasslessMember<Worker> | undefined {
    return this.#heap.first(avoid && (({ worker }) => !avoid.has(worker)))
  }

  #rank(member: ClasslessMember<Worker>): void {
    member.rank = this.#busyness(member.backlog, member.traits)
  }
}
