/** A worker is ready if all that know of it say so. */
import type { Worker } from '../worker.ts'

export class ReadinessVotes {
  readonly #worker: Pick<Worker, 'setReady'>
  readonly #against: Set<string> = new Set()

  constructor(worker: Pick<Worker, 'setReady'>) {
    this.#worker = worker
  }

  /** What `voter` says from now on; the worker is ready until one says otherwise. */
  vote(voter: string, isReady: boolean): void {
    if (isReady) this.#against.delete(voter)
    else this.#against.add(voter)
    this.#worker.setReady(this.#against.size === 0)
  }
}
