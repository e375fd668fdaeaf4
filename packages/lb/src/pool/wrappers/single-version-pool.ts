/**
 * Only one version of the application gets work, over any policy (zc.resumelb's single_version).
 */
import type { Explanation } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerSummary, WorkerTraits, WorkerUpdate } from '../pool.ts'
import { type GivenSettings, resolveSettings, type Settings } from '../settings.ts'
import { type PoolFactory, SubPools } from './sub-pools.ts'

export const singleVersionSettings = {
  handover: {
    default: 0,
    min: 0,
    max: 86_400,
    help: 'Seconds over which requests move from one version to the next.',
  },
} as const

/**
 * Called when another version gets work from now on. `from` is `undefined` for the first version.
 */
export type OnVersion = (to: string, from: string | undefined) => void

/** The version that got work before, while the present one takes over. */
interface Handover {
  readonly from: string
  /** When the present version's share was 0, or would have been. */
  readonly since: number
}

/**
 * Gives work to the version with the most workers; among equals the present one stays. During a
 * handover the new version's share of the new requests grows steadily from nothing to all, so that
 * cold workers are not overrun. Classes that the new version gets warm for stay with the former one
 * until then.
 */
export class SingleVersionPool<Worker> implements Pool<Worker> {
  readonly #subPools: SubPools<Worker>
  readonly #onVersion: OnVersion
  /** Workers that keep classes until others are warm for them. */
  readonly #keepers = new Map<Worker, WorkerTraits>()
  #settings: Settings<typeof singleVersionSettings>
  #version: string | undefined
  #handover: Handover | undefined
  /** The fraction of a request that the current version has earned. */
  #owed = 0

  constructor(
    create: PoolFactory<Worker>,
    settings: GivenSettings = {},
    onVersion: OnVersion = () => {},
  ) {
    this.#settings = resolveSettings(singleVersionSettings, settings)
    this.#subPools = new SubPools(create)
    this.#onVersion = onVersion
  }

  get backlog(): number {
    return this.#subPools.backlog
  }

  get size(): number {
    return this.#subPools.get(this.#version)?.size ?? 0
  }

  /** The version that gets work, or gets all of it when the handover is over. */
  get version(): string | undefined {
    return this.#version
  }

  updateSettings(settings: GivenSettings): void {
    const resolved = resolveSettings(singleVersionSettings, settings)
    this.#subPools.updateSettings(settings)
    this.#settings = resolved
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    const { traits } = news
    if (traits?.keeps !== undefined) this.#keepers.set(worker, traits)
    else if (traits !== undefined) this.#keepers.delete(worker)
    this.#subPools.update(worker, news, now)
    this.#elect(now)
  }

  remove(worker: Worker, now: number): void {
    this.#keepers.delete(worker)
    this.#subPools.remove(worker, now)
    this.#elect(now)
  }

  summaries(now: number): readonly WorkerSummary<Worker>[] | undefined {
    return this.#subPools.get(this.#version)?.summaries?.(now)
  }

  tick(now: number): void {
    this.#subPools.tick(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    const present = this.#subPools.get(this.#version)
    const former = this.#former(now)
    if (former === undefined) {
      this.#handover = undefined
      return present?.assign(pick, now, avoid)
    }
    const isKept = this.#isKept(pick)
    const owed = isKept ? this.#owed : this.#owed + this.#share(now)
    const isPresentsTurn = !isKept && owed >= 1
    const [first, second] = isPresentsTurn ? [present, former] : [former, present]
    const assignment = first?.assign(pick, now, avoid) ?? second?.assign(pick, now, avoid)
    if (assignment !== undefined) this.#owed = isPresentsTurn ? owed - 1 : owed
    return assignment
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    const present = this.#subPools.get(this.#version)
    const former = this.#former(now)
    const isTurn = !this.#isKept(pick) && this.#owed + this.#share(now) >= 1
    const isPresentsTurn = former === undefined || isTurn
    const [first, second] = isPresentsTurn ? [present, former] : [former, present]
    const explanation = first?.explain?.(pick, now, avoid)
    if (second === undefined || explanation?.chosen !== undefined) return explanation
    return second.explain?.(pick, now, avoid)
  }

  /** Whether the former version has the class until the present one is warm for it. */
  #isKept({ requestClass }: PickArgs): boolean {
    for (const { version, keeps } of this.#keepers.values()) {
      if (version === this.#handover?.from && keeps?.has(requestClass)) return true
    }
    return false
  }

  #elect(now: number): void {
    const from = this.#version
    const to = this.#subPools.largest(from)
    if (to === undefined || to === from) return
    this.#handover = from === undefined ? undefined : this.#begin(from, to, now)
    this.#version = to
    this.#owed = 0
    this.#onVersion(to, from)
  }

  /** A version that comes back while it is being replaced keeps the share that it still has. */
  #begin(from: string, to: string, now: number): Handover {
    const isReturning = this.#handover?.from === to && this.#former(now) !== undefined
    const share = isReturning ? 1 - this.#share(now) : 0
    return { from, since: now - share * this.#settings.handover }
  }

  /** The pool of the version that still gets a share, if there is one. */
  #former(now: number): Pool<Worker> | undefined {
    if (this.#handover === undefined) return undefined
    const former = this.#subPools.get(this.#handover.from)
    return this.#share(now) < 1 ? former : undefined
  }

  /** The share of the new requests that the present version gets, from 0 to 1. */
  #share(now: number): number {
    if (this.#handover === undefined || this.#settings.handover === 0) return 1
    return Math.min(1, (now - this.#handover.since) / this.#settings.handover)
  }
}
