/** Every worker in turn. */
import { type Member, newMember } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'
import { type InLine, Line } from '../structures/line.ts'

interface RoundRobinMember<Worker> extends Member<Worker>, InLine<RoundRobinMember<Worker>> {}

/** Gives requests to the workers one after the other, whatever they have to do. */
export class RoundRobinPool<Worker> extends PolicyPool<Worker, RoundRobinMember<Worker>> {
  constructor() {
    super(new RoundRobinPolicy(), (worker, traits) => ({
      ...newMember(worker, traits),
      before: undefined,
      after: undefined,
      turn: 0,
    }))
  }
}

class RoundRobinPolicy<Worker> implements Policy<Worker, RoundRobinMember<Worker>> {
  readonly #line = new Line<RoundRobinMember<Worker>>()

  joined(member: RoundRobinMember<Worker>): void {
    this.#line.putAtHead(member)
    this.#line.moveToEnd(member)
  }

  left(member: RoundRobinMember<Worker>): void {
    this.#line.remove(member)
  }

  changed(member: RoundRobinMember<Worker>, change: MemberChange): void {
    if (change === 'assigned') this.#line.moveToEnd(member)
  }

  choose(
    _pick: PickArgs,
    _members: PresentMembers<Worker, RoundRobinMember<Worker>>,
    avoid: ReadonlySet<Worker> | undefined,
  ): RoundRobinMember<Worker> | undefined {
    let member = this.#line.head
    while (member !== undefined && avoid?.has(member.worker)) member = member.after
    return member
  }
}
