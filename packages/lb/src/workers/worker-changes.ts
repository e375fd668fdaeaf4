/** Workers that an operator has added to the list or removed from it, whatever list comes. Pure. */
import { OptionError } from '@resumelb/common'
import type { WorkerSpec } from './worker-spec.ts'

/** Workers that can be added, and as many that can be removed. */
export const maxChangedWorkers = 10_000

export class WorkerChanges {
  #listed: ReadonlyMap<string, WorkerSpec> = new Map()
  readonly #added: Map<string, WorkerSpec> = new Map()
  readonly #removed: Set<string> = new Set()

  get added(): Iterable<WorkerSpec> {
    return this.#added.values()
  }

  get removed(): ReadonlySet<string> {
    return this.#removed
  }

  /** Replaces the list; returns it with the changes. */
  list(workers: ReadonlyMap<string, WorkerSpec>): Map<string, WorkerSpec> {
    this.#listed = workers
    const kept = [...workers].filter(([address]) => !this.#removed.has(address))
    return new Map([...kept, ...this.#added])
  }

  /** Ends a removal, too. Throws an {@link OptionError} if there are too many. */
  add(worker: WorkerSpec): void {
    const { address } = worker
    refuseMore(this.#added, address)
    this.#removed.delete(address)
    this.#added.set(address, worker)
  }

  /** False if there is no such worker. Throws an {@link OptionError} if there are too many. */
  remove(address: string): boolean {
    const isListed = this.#listed.has(address)
    if (isListed) refuseMore(this.#removed, address)
    const wasAdded = this.#added.delete(address)
    if (!isListed) return wasAdded
    this.#removed.add(address)
    return true
  }

  /** What was removed before a restart; it may be listed later. */
  restoreRemoved(addresses: Iterable<string>): void {
    for (const address of addresses) this.#removed.add(address)
  }
}

function refuseMore(changed: { has(key: string): boolean; size: number }, address: string): void {
  if (changed.has(address) || changed.size < maxChangedWorkers) return
  const expectation = `one of at most ${maxChangedWorkers} that are added or removed`
  throw new OptionError('a worker', expectation, address)
}
