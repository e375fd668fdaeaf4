/** Which load balancer plans the homes of classes at a worker. */
import type { WorkerTraits } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'

/**
 * Of several load balancers, one plans for all: each of them sees a part of the requests, and they
 * would move classes in different directions. The worker says which one it is, and tells the others
 * what that has planned. Without a word from the worker, this load balancer plans.
 */
export class Plans {
  /** The workers where another one plans. */
  readonly #followed = new Set<Worker>()

  /** Whether this load balancer plans for the worker. Returns whether it is news. */
  lead(worker: Worker, leads: boolean): boolean {
    if (!leads === this.#followed.has(worker)) return false
    if (leads) this.#followed.delete(worker)
    else this.#followed.add(worker)
    return true
  }

  /** The connection to the worker is lost. */
  lose(worker: Worker): void {
    this.#followed.delete(worker)
  }

  /** The traits of the worker, with who plans for it. */
  traitsOf(worker: Worker, traits: WorkerTraits): WorkerTraits {
    if (this.#followed.has(worker)) return { ...traits, follows: true }
    return { ...traits, announce: (home) => void worker.handOver({ step: 'plan', home }) }
  }
}
