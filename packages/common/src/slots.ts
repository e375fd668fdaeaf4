/**
 * Lets only so many handlers run at once, and begins no more of them in one turn of the event loop
 * than answers can wait for. The others wait in order. Pure.
 */

/** A request that waits for a slot. */
export interface Waiter {
  /**
   * The turn has come, at `now` milliseconds. {@link Slots.leave} is to be called once, even before
   * this returns.
   */
  begin(now: number): void
}

/** The event loop, as slots see it. */
export interface Turns {
  /** Milliseconds from any start. */
  now(): number
  /** Calls back in the next turn, after what has been written so far has left. */
  later(callback: () => void): void
}

/**
 * Milliseconds that handlers which are begun in one turn may take together, before answers leave
 * and bytes come in. A single handler may take longer: nothing can stop it.
 */
const turnBudget = 3

/**
 * The concurrency that load balancers assume where there is no limit: by how much they may divide
 * the work that waits. A process runs the code of one handler at a time, but some wait for
 * something else.
 */
export const unlimitedConcurrency = 4

export class Slots {
  readonly #turns: Turns
  #limit: number
  #running = 0
  readonly #waiting: Set<Waiter> = new Set()
  /**
   * Stands before the first that waits. A new search for the first would pass all that have left.
   */
  #order: Iterator<Waiter> = this.#waiting.values()
  /** Milliseconds of this turn's budget that are spent. */
  #spent = 0
  /** A handler is being begun, further up the stack. */
  #isBeginning = false
  /** No handler is begun before the next turn. */
  #isResting = false

  /** `limit` may be Infinity. */
  constructor(limit: number, turns: Turns) {
    this.#limit = limit
    this.#turns = turns
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.size
  }

  set limit(limit: number) {
    this.#limit = limit
    this.#beginAll()
  }

  /** Begins with the waiter now or when its turn comes. */
  enter(waiter: Waiter): void {
    if (this.#waiting.size === 0 && this.#mayBegin()) {
      this.#begin(waiter)
      if (this.#waiting.size > 0) this.#beginAll()
    } else {
      this.#waiting.add(waiter)
    }
  }

  /** Removes a waiting request from the queue. */
  cancel(waiter: Waiter): void {
    this.#waiting.delete(waiter)
  }

  /** A handler that was begun is done. */
  leave(): void {
    this.#running--
    // Not here: the caller is in the middle of its work, and its response should be sent first.
    if (this.#waiting.size > 0 && !this.#isBeginning) this.#rest()
  }

  #mayBegin(): boolean {
    return !this.#isBeginning && !this.#isResting && this.#running < this.#limit
  }

  #beginAll(): void {
    while (this.#waiting.size > 0 && this.#mayBegin()) {
      const waiter = this.#first()
      this.#waiting.delete(waiter)
      this.#begin(waiter)
    }
  }

  /** Only if a request waits. */
  #first(): Waiter {
    let next = this.#order.next()
    if (next.done) {
      // It had come to the end of those who waited then.
      this.#order = this.#waiting.values()
      next = this.#order.next()
    }
    return next.value as Waiter
  }

  #begin(waiter: Waiter): void {
    const startedAt = this.#turns.now()
    this.#running++
    this.#isBeginning = true
    try {
      waiter.begin(startedAt)
    } finally {
      this.#isBeginning = false
      this.#spent += this.#turns.now() - startedAt
      if (this.#spent >= turnBudget) this.#rest()
    }
  }

  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    this.#turns.later(() => {
      this.#isResting = false
      this.#spent = 0
      this.#beginAll()
    })
  }
}
