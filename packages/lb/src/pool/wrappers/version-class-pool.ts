/** Requests choose the version, over any policy (as van.resumelb's pool for zc.resumelb). */
import type { RequestClass } from '@resumelb/protocol'
import type { Assignment, Pool, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { type PoolFactory, SubPools } from './sub-pools.ts'

/**
 * Gives a request of class `version/class` to a worker of that version. A class without a slash is
 * for workers without a version. If no worker has the version, the request goes to workers without
 * one, or else to the version with the most workers: an old cookie must not make a site unreachable.
 */
export class VersionClassPool<Worker> implements Pool<Worker> {
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

  assign(
    requestClass: RequestClass,
    now: number,
    avoid?: ReadonlySet<Worker>,
  ): Assignment<Worker> | undefined {
    const slash = requestClass.indexOf('/')
    const version = requestClass.slice(0, Math.max(slash, 0))
    const pools = this.#subPools
    const pool = pools.get(version) ?? pools.get('') ?? pools.get(pools.largest())
    return pool?.assign(requestClass.slice(slash + 1), now, avoid)
  }
}
