/** Workers by chance: one, or the less busy of several. */
import { capacityOf } from '../capacity.ts'
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
  /** Members whose capacity is not 1: usually none. */
  readonly #weighted = new Set<Member<Worker>>()

  constructor(choices: number, random: () => number) {
    this.#random = random
    this.#draws = Array.from({ length: choices }, random)
  }

  joined(member: Member<Worker>): void {
    if (capacityOf(member.traits) === 1) this.#weighted.delete(member)
    else this.#weighted.add(member)
  }

  left(member: Member<Worker>): void {
    this.#weighted.delete(member)
  }

  changed(member: Member<Worker>, change: MemberChange): void {
    if (change === 'traits') this.joined(member)
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
      let place = this.#placeOf(this.#draws[i] as number, usable)
      while (drawn.includes(place)) place = (place + 1) % usable.length
      drawn.push(place)
      const member = usable[place]
      if (member && (!best || busyness(member) < busyness(best))) best = member
    }
    return best
  }

  /** The place that a draw from 0 to 1 means: each has its capacity's share of the draws. */
  #placeOf(draw: number, usable: readonly Member<Worker>[]): number {
    if (this.#weighted.size === 0) return Math.floor(draw * usable.length)
    let rest = draw * usable.reduce((sum, { traits }) => sum + capacityOf(traits), 0)
    for (const [place, { traits }] of usable.entries()) {
      rest -= capacityOf(traits)
      if (rest < 0) return place
    }
    return usable.length - 1
  }
}

function busyness<Worker>({ backlog, traits }: Member<Worker>): number {
  return byBacklogPerSlot(backlog, traits)
}
