/** Requests choose the version, over any policy (as van.resumelb's pool for zc.resumelb). */
import type { Explanation } from '../explanation.ts'
import type { PickArgs } from '../pick.ts'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { type PoolFactory, SubPools } from './sub-pools.ts'

/**
 * Gives a request to a worker of the version that it asks for; one that asks for none, to a worker
 * without a version. If there is no such worker, the request goes to workers without a version, or
 * else to the version with the most workers: an old cookie must not make a site unreachable.
 */
export class RequestedVersionPool<Worker> implements Pool<Worker> {
  readonly #subPools: SubPools<Worker>

  constructor(create: PoolFactory<Worker>) {
    this.#subPools = new SubPools(create)
  }

  get backlog(): number {
    return this.#subPools.backlog
  }

  get size(): number {
    return this.#subPools.size
  }

  updateSettings(settings: GivenSettings): void {
    this.#subPools.updateSettings(settings)
  }

  update(worker: Worker, news: WorkerUpdate, now: number): void {
    this.#subPools.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    this.#subPools.remove(worker, now)
  }

  tick(now: number): void {
    this.#subPools.tick(now)
  }

  assign(pick: PickArgs, now: number, avoid?: ReadonlySet<Worker>): Assignment<Worker> | undefined {
    return this.#poolFor(pick)?.assign(pick, now, avoid)
  }

  explain(
    pick: PickArgs,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Explanation<Worker> | undefined {
    return this.#poolFor(pick)?.explain?.(pick, now, avoid)
  }

  #poolFor({ version = '' }: PickArgs): Pool<Worker> | undefined {
    const pools = this.#subPools
    return pools.get(version) ?? pools.get('') ?? pools.get(pools.largest())
  }
}
