/** Every worker in turn. */
import { capacityOf } from '../capacity.ts'
import { type Member, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'
import { type HasTurns, Turns } from '../structures/turns.ts'

interface RoundRobinMember<Worker> extends Member<Worker>, HasTurns {}

/** Gives requests to the workers one after the other, whatever they have to do. */
export class RoundRobinPool<Worker> extends PolicyPool<Worker, RoundRobinMember<Worker>> {
  constructor() {
    super(new RoundRobinPolicy<Worker>(), (worker, traits) => ({
      ...newMember(worker, traits),
      turnUsed: 0,
    }))
  }
}

class RoundRobinPolicy<Worker> implements Policy<Worker, RoundRobinMember<Worker>> {
  readonly #line: RoundRobinMember<Worker>[] = []
  readonly #turns = new Turns<RoundRobinMember<Worker>>()
  /** The place in the line of the worker whose turn it is. */
  #turn = 0

  joined(member: RoundRobinMember<Worker>): void {
    this.#line.push(member)
    this.#turns.set(member, capacityOf(member.traits))
  }

  left(member: RoundRobinMember<Worker>): void {
    const place = this.#line.indexOf(member)
    this.#line.splice(place, 1)
    this.#turns.remove(member)
    if (place < this.#turn) this.#turn--
  }

  changed(member: RoundRobinMember<Worker>, change: MemberChange): void {
    if (change === 'traits') this.#turns.set(member, capacityOf(member.traits))
    if (change !== 'assigned') return
    const isItsTurn = this.#line[this.#turn % this.#line.length] === member
    const place = isItsTurn ? this.#turn : this.#line.indexOf(member)
    this.#turn = this.#turns.use(member) ? (place + 1) % this.#line.length : place
  }

  choose(
    _pick: PickArgs,
    { size }: PresentMembers<Worker, RoundRobinMember<Worker>>,
    avoid: ReadonlySet<Worker> | undefined,
  ): RoundRobinMember<Worker> | undefined {
    for (let tried = 0; tried < size; tried++) {
      const member = this.#line[(this.#turn + tried) % size]
      if (member !== undefined && !avoid?.has(member.worker)) return member
    }
    return undefined
  }
}
