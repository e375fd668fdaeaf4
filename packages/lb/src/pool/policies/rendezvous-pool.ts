/** A class always to the same workers, as long as they are not too busy. */
import { type Member, Members } from '../members.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerTraits, WorkerUpdate } from '../pool.ts'
import { type GivenSettings, resolveSettings, type Settings } from '../settings.ts'
import { hashString } from '../structures/hash.ts'
import { RendezvousTable, type SlotHolder } from '../structures/rendezvous-table.ts'

export const rendezvousSettings = {
  bound: {
    default: 1.25,
    min: 1,
    max: 1e6,
    help: 'How many times its fair share of all requests in progress a worker may have.',
  },
} as const

/** Places in a class's order that are tried before any worker with room will do. */
const maxChoices = 64

/** A member that tells the table its key and its weight. */
class RendezvousMember<Worker> implements Member<Worker>, SlotHolder {
  readonly worker: Worker
  traits: WorkerTraits
  backlog = 0
  present = true

  constructor(worker: Worker, traits: WorkerTraits) {
    this.worker = worker
    this.traits = traits
  }

  get key(): string {
    return this.traits.key
  }

  get weight(): number {
    return this.traits.concurrency
  }
}

/**
 * Gives a request to the first worker in its class's rendezvous order that would not have more than
 * `bound` times its fair share (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded
 * Loads", 2016).
 */
export class RendezvousPool<Worker> implements Pool<Worker> {
  readonly #members = new Members<Worker, RendezvousMember<Worker>>(
    (worker, traits) => new RendezvousMember(worker, traits),
  )
  readonly #table = new RendezvousTable<RendezvousMember<Worker>>()
  #settings: Settings<typeof rendezvousSettings>
  #slots = 0

  constructor(settings: GivenSettings = {}) {
    this.#settings = resolveSettings(rendezvousSettings, settings)
  }

  get backlog(): number {
    return this.#members.backlog
  }

  get size(): number {
    return this.#members.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#settings = resolveSettings(rendezvousSettings, settings)
  }

  update(worker: Worker, news: WorkerUpdate): void {
    let isNew = false
    const member = this.#members.update(worker, news, () => {
      isNew = true
    })
    if (member === undefined || news.traits === undefined) return
    if (isNew) this.#table.add(member)
    else this.#table.update(member)
    this.#countSlots()
  }

  remove(worker: Worker): void {
    const member = this.#members.remove(worker)
    if (member === undefined) return
    this.#table.remove(member)
    this.#countSlots()
  }

  assign(
    { requestClass }: PickArgs,
    _now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const member = this.#first(hashString(requestClass), avoid) ?? this.#leastBusy(avoid)
    return member && this.#members.assign(member)
  }

  #first(
    hash: number,
    avoid: ReadonlySet<Worker> | undefined,
  ): RendezvousMember<Worker> | undefined {
    for (let i = 0; i < maxChoices; i++) {
      const member = this.#table.choice(hash, i)
      if (member === undefined) return undefined
      if (this.#excess(member) <= 0 && !avoid?.has(member.worker)) return member
    }
    return undefined
  }

  /** Requests that the worker would have above its bound, per slot; at least one worker has none. */
  #excess({ backlog, traits }: RendezvousMember<Worker>): number {
    const share = (this.backlog + 1) / this.#slots
    const most = Math.ceil(this.#settings.bound * share * traits.concurrency)
    return (backlog + 1 - most) / traits.concurrency
  }

  #leastBusy(avoid: ReadonlySet<Worker> | undefined): RendezvousMember<Worker> | undefined {
    let best: RendezvousMember<Worker> | undefined
    for (const member of this.#members.members()) {
      if (avoid?.has(member.worker)) continue
      if (best === undefined || this.#excess(member) < this.#excess(best)) best = member
    }
    return best
  }

  #countSlots(): void {
    this.#slots = 0
    for (const member of this.#members.members()) this.#slots += member.traits.concurrency
  }
}
