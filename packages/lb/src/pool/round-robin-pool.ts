/** Every worker in turn. */
import type { RequestClass } from '@resumelb/protocol'
import type { Assignment, Pool, WorkerNews } from './pool.ts'
import { type Member, newMember, Roster } from './roster.ts'

/** Gives requests to the workers one after the other, whatever they have to do. */
export class RoundRobinPool<Worker> implements Pool<Worker> {
  readonly #roster = new Roster<Worker, Member<Worker>>(newMember)
  readonly #line: Member<Worker>[] = []
  /** The place in the line of the worker whose turn it is. */
  #turn = 0

  get backlog(): number {
    return this.#roster.backlog
  }

  get size(): number {
    return this.#roster.size
  }

  updateSettings(): void {}

  update(worker: Worker, news: WorkerNews): void {
    this.#roster.update(worker, news, (member) => this.#line.push(member))
  }

  remove(worker: Worker): void {
    const member = this.#roster.remove(worker)
    if (member === undefined) return
    const place = this.#line.indexOf(member)
    this.#line.splice(place, 1)
    if (place < this.#turn) this.#turn--
  }

  assign(
    _requestClass: RequestClass,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    for (let tried = 0; tried < this.size; tried++) {
      const member = this.#line[this.#turn % this.size]
      this.#turn = (this.#turn + 1) % this.size
      if (member !== undefined && !avoid?.has(member.worker)) return this.#roster.assign(member)
    }
    return undefined
  }
}
