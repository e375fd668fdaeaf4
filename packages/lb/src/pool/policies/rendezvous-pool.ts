/** A class always to the same workers, as long as they are not too busy. */
import { weightOf } from '../capacity.ts'
import type { Member } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import { type MemberChange, type Policy, PolicyPool, type PresentMembers } from '../policy-pool.ts'
import type { WorkerTraits } from '../pool.ts'
import {
  type GivenSettings,
  resolveSettings,
  type Settings,
  type SomeSettings,
} from '../settings.ts'
import { hashString } from '../structures/hash.ts'
import { RendezvousTable } from '../structures/rendezvous-table.ts'

export const rendezvousSettings = {
  bound: {
    default: 1.25,
    min: 1,
    max: 1e6,
    help: 'Maximum load of a worker, as a multiple of its fair share of all requests in progress.',
  },
} as const

/** Places in a class's order that are tried before any worker with room will do. */
const maxChoices = 64

class RendezvousMember<Worker> implements Member<Worker> {
  readonly worker: Worker
  traits: WorkerTraits
  backlog = 0
  present = true
  /** Its share in the sum of all slots. */
  slots = 0

  constructor(worker: Worker, traits: WorkerTraits) {
    this.worker = worker
    this.traits = traits
  }

  get weight(): number {
    return weightOf(this.traits)
  }
}

/**
 * Gives a request to the first worker in its class's rendezvous order that would not have more than
 * `bound` times its fair share (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with
 * Bounded Loads", 2016).
 */
export class RendezvousPool<Worker> extends PolicyPool<Worker, RendezvousMember<Worker>> {
  constructor(settings: SomeSettings<typeof rendezvousSettings> = {}) {
    super(
      new RendezvousPolicy<Worker>(settings),
      (worker, traits) => new RendezvousMember(worker, traits),
    )
  }
}

type Present<Worker> = PresentMembers<Worker, RendezvousMember<Worker>>

class RendezvousPolicy<Worker> implements Policy<Worker, RendezvousMember<Worker>> {
  readonly #table = new RendezvousTable<RendezvousMember<Worker>>()
  #settings: Settings<typeof rendezvousSettings>
  #slots = 0

  constructor(settings: GivenSettings) {
    this.#settings = resolveSettings(rendezvousSettings, settings)
  }

  updateSettings(settings: GivenSettings): void {
    this.#settings = resolveSettings(rendezvousSettings, settings)
  }

  joined(member: RendezvousMember<Worker>): void {
    this.#table.add(member, member.traits.key, member.weight)
    this.#countSlots(member, member.weight)
  }

  left(member: RendezvousMember<Worker>): void {
    this.#table.remove(member)
    this.#countSlots(member, 0)
  }

  changed(member: RendezvousMember<Worker>, change: MemberChange): void {
    if (change !== 'traits') return
    this.#table.update(member, member.traits.key, member.weight)
    this.#countSlots(member, member.weight)
  }

  choose(
    { requestClass }: PickArgs,
    members: Present<Worker>,
    avoid: ReadonlySet<Worker> | undefined,
  ): RendezvousMember<Worker> | undefined {
    if (members.size === 0) return undefined
    const hash = hashString(requestClass)
    const fairShare = (members.backlog + 1) / this.#slots
    for (let i = 0; i < maxChoices; i++) {
      const member = this.#table.choice(hash, i)
      if (member === undefined) return undefined
      if (this.#excess(member, fairShare) <= 0 && !avoid?.has(member.worker)) return member
    }
    return this.#leastBusy(members.usable(avoid), fairShare)
  }

  /**
   * Requests that the worker would have above its bound, per slot; at least one worker has none.
   */
  #excess({ backlog, weight }: RendezvousMember<Worker>, fairShare: number): number {
    const most = Math.ceil(this.#settings.bound * fairShare * weight)
    return (backlog + 1 - most) / weight
  }

  #leastBusy(
    members: readonly RendezvousMember<Worker>[],
    fairShare: number,
  ): RendezvousMember<Worker> | undefined {
    let best: RendezvousMember<Worker> | undefined
    for (const member of members) {
      if (best === undefined || this.#excess(member, fairShare) < this.#excess(best, fairShare)) {
        best = member
      }
    }
    return best
  }

  #countSlots(member: RendezvousMember<Worker>, slots: number): void {
    this.#slots += slots - member.slots
    member.slots = slots
  }
}
