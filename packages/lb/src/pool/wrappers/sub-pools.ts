/** A pool for each version, so that a worker's skills and work stay with those of its kind. */
import type { Pool, WorkerUpdate } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'

/** Makes an empty pool. */
export type PoolFactory<Worker> = () => Pool<Worker>

interface SubPool<Worker> {
  readonly pool: Pool<Worker>
  /** Those that have this version, whether or not they may get requests. */
  readonly workers: Set<Worker>
}

/**
 * Pools by version. A worker stays in the pool of its version whether or not that gets work, so
 * nothing is forgotten and no backlog moves when versions take turns.
 */
export class SubPools<Worker> {
  readonly #create: PoolFactory<Worker>
  readonly #subPools = new Map<string, SubPool<Worker>>()
  readonly #versions = new Map<Worker, string>()
  #settings: GivenSettings | undefined

  constructor(create: PoolFactory<Worker>) {
    this.#create = create
  }

  get backlog(): number {
    let backlog = 0
    for (const { pool } of this.#subPools.values()) backlog += pool.backlog
    return backlog
  }

  /** Workers of all versions that may get requests. */
  get size(): number {
    let size = 0
    for (const { pool } of this.#subPools.values()) size += pool.size
    return size
  }

  /** The pool of the version, if that has workers that may get requests. */
  get(version: string | undefined): Pool<Worker> | undefined {
    if (version === undefined) return undefined
    const pool = this.#subPools.get(version)?.pool
    return pool !== undefined && pool.size > 0 ? pool : undefined
  }

  /** The version with the most workers that may get requests; `preferred` if no other has more. */
  largest(preferred?: string): string | undefined {
    let largest = preferred
    let size = this.get(preferred)?.size ?? 0
    for (const [version, { pool }] of this.#subPools) {
      if (pool.size <= size) continue
      largest = version
      size = pool.size
    }
    return largest
  }

  updateSettings(settings: GivenSettings): void {
    // A temporary pool refuses an invalid setting before anything has changed.
    this.#create().updateSettings(settings)
    for (const { pool } of this.#subPools.values()) pool.updateSettings(settings)
    this.#settings = settings
  }

  /** A worker whose version is another now leaves the one pool and joins the other. */
  update(worker: Worker, news: WorkerUpdate, now: number): void {
    const before = this.#versions.get(worker)
    const version = news.traits?.version ?? before
    if (version === undefined) return
    if (before !== undefined && before !== version) this.remove(worker, now)
    this.#versions.set(worker, version)
    const subPool = this.#getOrCreate(version)
    subPool.workers.add(worker)
    subPool.pool.update(worker, news, now)
  }

  remove(worker: Worker, now: number): void {
    const version = this.#versions.get(worker)
    if (version === undefined) return
    this.#versions.delete(worker)
    const subPool = this.#subPools.get(version)
    subPool?.workers.delete(worker)
    subPool?.pool.remove(worker, now)
    this.#dropEmpty(version)
  }

  tick(now: number): void {
    for (const { pool } of this.#subPools.values()) pool.tick?.(now)
  }

  /** Lets go of pools of which nothing is left, but for one whose last worker may soon be back. */
  #dropEmpty(except: string): void {
    for (const [version, { pool, workers }] of this.#subPools) {
      if (version === except || workers.size > 0 || pool.backlog > 0) continue
      this.#subPools.delete(version)
    }
  }

  #getOrCreate(version: string): SubPool<Worker> {
    const known = this.#subPools.get(version)
    if (known !== undefined) return known
    this.#dropEmpty(version)
    const subPool = { pool: this.#create(), workers: new Set<Worker>() }
    if (this.#settings !== undefined) subPool.pool.updateSettings(this.#settings)
    this.#subPools.set(version, subPool)
    return subPool
  }
}
