/** Every worker in turn. */
import { type Member, Members, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'

/** Gives requests to the workers one after the other, whatever they have to do. */
export class RoundRobinPool<Worker> implements Pool<Worker> {
  readonly #members = new Members<Worker, Member<Worker>>(newMember)
  readonly #line: Member<Worker>[] = []
  /** The place in the line of the worker whose turn it is. */
  #turn = 0

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  updateSettings(): void {}

  update(worker: Worker, news: WorkerUpdate): void {
    this.#members.update(worker, news, (member) => this.#line.push(member))
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member === undefined) return
    const place = this.#line.indexOf(member)
    this.#line.splice(place, 1)
    if (place < this.#turn) this.#turn--
  }

  assign(
    _pick: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    for (let tried = 0; tried < this.size; tried++) {
      const member = this.#line[this.#turn % this.size]
      this.#turn = (this.#turn + 1) % this.size
      if (member !== undefined && !avoid?.has(member.worker)) return this.#members.assign(member)
    }
    return undefined
  }
}
