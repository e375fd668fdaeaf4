/** Workers by chance: one, or the less busy of several. */
import type { Member } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'
import { byBacklogPerSlot } from './classless-pool.ts'

/**
 * Draws so many workers by chance and gives the request to the least busy of them. With one it is
 * chance alone; with two, "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher,
 * 1996).
 */
export class RandomPool<Worker> extends PolicyPool<Worker> {
  /** `random` is like `Math.random`. */
  constructor(choices: number, random: () => number = Math.random) {
    super(new RandomPolicy<Worker>(choices, random))
  }
}

class RandomPolicy<Worker> implements Policy<Worker> {
  readonly #random: () => number
  /** Drawn before they are needed, so that choosing twice is choosing the same. */
  readonly #draws: number[]

  constructor(choices: number, random: () => number) {
    this.#random = random
    this.#draws = Array.from({ length: choices }, random)
  }

  changed(_member: Member<Worker>, change: MemberChange): void {
    if (change !== 'assigned') return
    for (let i = 0; i < this.#draws.length; i++) this.#draws[i] = this.#random()
  }

  choose(
    _pick: PickArgs,
    members: PresentMembers<Worker, Member<Worker>>,
    avoid: ReadonlySet<Worker> | undefined,
  ): Member<Worker> | undefined {
    const usable = members.usable(avoid)
    const drawn: number[] = []
    let best: Member<Worker> | undefined
    for (let i = 0; i < Math.min(this.#draws.length, usable.length); i++) {
      // Without putting back, so that two choices are two workers.
      let place = Math.floor((this.#draws[i] as number) * usable.length)
      while (drawn.includes(place)) place = (place + 1) % usable.length
      drawn.push(place)
      const member = usable[place]
      if (member && (!best || busyness(member) < busyness(best))) best = member
    }
    return best
  }
}

function busyness<Worker>({ backlog, traits }: Member<Worker>): number {
  return byBacklogPerSlot(backlog, traits.concurrency)
}
