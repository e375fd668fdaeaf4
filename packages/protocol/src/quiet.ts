/** Resolves when a connection has nothing in progress. */

/** What a connection has in progress. */
export interface Work {
  readonly openStreams: number
  /** Bytes that the kernel has not accepted. */
  readonly unsentLength: number
  readonly isOver: boolean
}

export class Quiet {
  readonly #work: Work
  readonly #flush: (done: () => void) => void
  #promise: Promise<void> | undefined
  #resolve: () => void = () => undefined

  /** `flush` writes what was collected, and calls back when the kernel has accepted everything. */
  constructor(work: Work, flush: (done: () => void) => void) {
    this.#work = work
    this.#flush = flush
  }

  /** See `Connection.quiet`. */
  wait(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.ended()
    return this.#promise
  }

  /** A stream or the connection has ended. Costs next to nothing without waiters. */
  ended(): void {
    if (this.#promise === undefined || this.#work.openStreams > 0) return
    // The frame that ends a stream may be added after this.
    setImmediate(() => this.#look())
  }

  #look(): void {
    const { openStreams, unsentLength, isOver } = this.#work
    if (!isOver && openStreams > 0) return
    if (!isOver && unsentLength > 0) return this.#flush(() => this.#look())
    this.#promise = undefined
    this.#resolve()
  }
}
