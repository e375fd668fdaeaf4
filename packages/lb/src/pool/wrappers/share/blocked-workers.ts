/** Workers where nothing gets on. Pure. */

/** Seconds for which a worker counts as one of them after it last gave a request back. */
const blockedTime = 60

/**
 * A worker that gives requests back says that all that it processes takes too long. Whatever comes
 * next would have to wait there as well, until something ends.
 */
export class BlockedWorkers<Worker> {
  readonly #until = new Map<Worker, number>()
  /** The same, for those that are to avoid them. */
  #workers: ReadonlySet<Worker> | undefined
  #firstUntil = Number.POSITIVE_INFINITY

  /** The worker has given a request back, at `now` seconds. */
  block(worker: Worker, now: number): void {
    this.#until.set(worker, now + blockedTime)
    this.#changed()
  }

  /** The worker has processed a request, or has gone. */
  free(worker: Worker): void {
    if (this.#until.delete(worker)) this.#changed()
  }

  /** Those at `now` seconds; `undefined` if there are none. */
  at(now: number): ReadonlySet<Worker> | undefined {
    if (now >= this.#firstUntil) {
      for (const [worker, until] of this.#until) if (now >= until) this.#until.delete(worker)
      this.#changed()
    }
    return this.#workers
  }

  #changed(): void {
    const { size } = this.#until
    this.#workers = size === 0 ? undefined : new Set(this.#until.keys())
    this.#firstUntil = Math.min(...this.#until.values())
  }
}
