/** The least busy worker, whatever the class (zc.resumelb's `classlesspool.py`). */
import { type Member, Members, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'
import { type InHeap, WorkerHeap } from '../structures/worker-heap.ts'

/** Its turn grows with every use; a new worker has the least of all. */
interface ClasslessMember<Worker> extends Member<Worker>, InHeap {}

/** How busy a worker is that has so many requests in progress and can serve so many at once. */
export type Busyness = (backlog: number, concurrency: number) => number

/** The number of its requests, as in zc.resumelb. */
const byBacklog: Busyness = (backlog) => backlog

/** How many requests each of its slots would have with one more. */
export const byBacklogPerSlot: Busyness = (backlog, concurrency) => (backlog + 1) / concurrency

/** Gives a request to the least busy worker, among equals to the one least recently used. */
export class ClasslessPool<Worker> implements Pool<Worker> {
  readonly #members = new Members<Worker, ClasslessMember<Worker>>((worker, traits) => ({
    ...newMember(worker, traits),
    place: 0,
    rank: 0,
    turn: 0,
  }))
  readonly #heap = new WorkerHeap<ClasslessMember<Worker>>()
  readonly #busyness: Busyness
  #firstTurn = 0
  #lastTurn = 0

  constructor(busyness: Busyness = byBacklog) {
    this.#busyness = busyness
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  updateSettings(): void {}

  update(worker: Worker, news: WorkerUpdate): void {
    const member = this.#members.update(worker, news, (joined) => {
      joined.turn = --this.#firstTurn
      this.#heap.add(joined)
    })
    if (member !== undefined) this.#changed(member)
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member !== undefined) this.#heap.remove(member)
  }

  assign(
    _pick: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const member = this.#heap.first(avoid && ((candidate) => !avoid.has(candidate.worker)))
    if (member === undefined) return undefined
    member.turn = ++this.#lastTurn
    const assignment = this.#members.assign(member, () => this.#changed(member))
    this.#changed(member)
    return assignment
  }

  #changed(member: ClasslessMember<Worker>): void {
    member.rank = this.#busyness(member.backlog, member.traits.concurrency)
    if (member.present) this.#heap.changed(member)
  }
}
