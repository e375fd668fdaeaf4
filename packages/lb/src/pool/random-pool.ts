/** Workers by chance: one, or the less busy of several. */
import type { RequestClass } from '@resumelb/protocol'
import { byBacklogPerSlot } from './classless-pool.ts'
import type { Assignment, Pool, WorkerNews } from './pool.ts'
import { type Member, newMember, Roster } from './roster.ts'

/**
 * Draws so many workers by chance and gives the request to the least busy of them. With one it is
 * chance alone; with two, "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 1996).
 */
export class RandomPool<Worker> implements Pool<Worker> {
  readonly #roster = new Roster<Worker, Member<Worker>>(newMember)
  readonly #choices: number
  readonly #random: () => number
  #members: Member<Worker>[] = []

  /** `random` is like `Math.random`. */
  constructor(choices: number, random: () => number = Math.random) {
    this.#choices = choices
    this.#random = random
  }

  get backlog(): number {
    return this.#roster.backlog
  }

  get size(): number {
    return this.#roster.size
  }

  updateSettings(): void {}

  update(worker: Worker, news: WorkerNews): void {
    this.#roster.update(worker, news, (member) => this.#members.push(member))
  }

  remove(worker: Worker): void {
    const member = this.#roster.remove(worker)
    if (member !== undefined) this.#members = this.#members.filter((other) => other !== member)
  }

  assign(
    _requestClass: RequestClass,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const members = avoid ? this.#members.filter((m) => !avoid.has(m.worker)) : this.#members
    const member = this.#leastBusy(members)
    return member && this.#roster.assign(member)
  }

  /** Draws without putting back, so that two choices are two workers. */
  #leastBusy(members: readonly Member<Worker>[]): Member<Worker> | undefined {
    let best: Member<Worker> | undefined
    const drawn = new Set<number>()
    while (drawn.size < Math.min(this.#choices, members.length)) {
      // Moving on from a worker that was drawn before keeps a poor source of chance from looping.
      let index = Math.floor(this.#random() * members.length)
      while (drawn.has(index)) index = (index + 1) % members.length
      drawn.add(index)
      const member = members[index]
      if (member && (!best || busyness(member) < busyness(best))) best = member
    }
    return best
  }
}

function busyness<Worker>({ backlog, traits }: Member<Worker>): number {
  return byBacklogPerSlot(backlog, traits.concurrency)
}
