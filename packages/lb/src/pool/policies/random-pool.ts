/** Workers by chance: one, or the less busy of several. */
import { type Member, Members, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'
import { byBacklogPerSlot } from './classless-pool.ts'

/**
 * Draws so many workers by chance and gives the request to the least busy of them. With one it is
 * chance alone; with two, "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 1996).
 */
export class RandomPool<Worker> implements Pool<Worker> {
  readonly #members = new Members<Worker, Member<Worker>>(newMember)
  readonly #choices: number
  readonly #random: () => number
  #list: Member<Worker>[] = []

  /** `random` is like `Math.random`. */
  constructor(choices: number, random: () => number = Math.random) {
    this.#choices = choices
    this.#random = random
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  updateSettings(): void {}

  update(worker: Worker, news: WorkerUpdate): void {
    this.#members.update(worker, news, (member) => this.#list.push(member))
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member !== undefined) this.#list = this.#list.filter((other) => other !== member)
  }

  assign(
    _pick: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const members = avoid ? this.#list.filter((m) => !avoid.has(m.worker)) : this.#list
    const member = this.#leastBusy(members)
    return member && this.#members.assign(member)
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
