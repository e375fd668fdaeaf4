/** Every worker in turn. */
import type { Member } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'

/** Gives requests to the workers one after the other, whatever they have to do. */
export class RoundRobinPool<Worker> extends PolicyPool<Worker> {
  constructor() {
    super(new RoundRobinPolicy<Worker>())
  }
}

class RoundRobinPolicy<Worker> implements Policy<Worker> {
  readonly #line: Member<Worker>[] = []
  /** The place in the line of the worker whose turn it is. */
  #turn = 0

  joined(member: Member<Worker>): void {
    this.#line.push(member)
  }

  left(member: Member<Worker>): void {
    const place = this.#line.indexOf(member)
    this.#line.splice(place, 1)
    if (place < this.#turn) this.#turn--
  }

  changed(member: Member<Worker>, change: MemberChange): void {
    if (change !== 'assigned') return
    const isItsTurn = this.#line[this.#turn % this.#line.length] === member
    const place = isItsTurn ? this.#turn : this.#line.indexOf(member)
    this.#turn = (place + 1) % this.#line.length
  }

  choose(
    _pick: PickArgs,
    { size }: PresentMembers<Worker, Member<Worker>>,
    avoid: ReadonlySet<Worker> | undefined,
  ): Member<Worker> | undefined {
    for (let tried = 0; tried < size; tried++) {
      const member = this.#line[(this.#turn + tried) % size]
      if (member !== undefined && !avoid?.has(member.worker)) return member
    }
    return undefined
  }
}
