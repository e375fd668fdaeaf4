/** Requests that wait for a worker: a bounded queue with a deadline. Pure. */

export interface WaitingRoomOptions {
  /** Maximum number of waiting requests. */
  readonly maxWaiting: number
  /** Maximum milliseconds to wait. */
  readonly waitTimeout: number
}

export class RequestQueue<Guest> {
  readonly #options: WaitingRoomOptions
  /**
   * In the order in which they came; all wait equally long, so this is the order of deadlines too.
   */
  readonly #deadlines: Map<Guest, number> = new Map()

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#deadlines.size
  }

  /** Adds an item; false if the queue is full. `now` is in milliseconds. */
  enter(guest: Guest, now: number): boolean {
    const { maxWaiting, waitTimeout } = this.#options
    if (waitTimeout === 0 || this.#deadlines.size >= maxWaiting) return false
    this.#deadlines.set(guest, now + waitTimeout)
    return true
  }

  /** Removes an item, served or not. */
  leave(guest: Guest): void {
    this.#deadlines.delete(guest)
  }

  /** The item that has waited longest. */
  first(): Guest | undefined {
    return this.#deadlines.keys().next().value
  }

  /** Removes and returns the items whose deadline has passed. */
  takeExpired(now: number): Guest[] {
    const expired: Guest[] = []
    for (const [guest, deadline] of this.#deadlines) {
      if (deadline > now) break
      expired.push(guest)
    }
    for (const guest of expired) this.#deadlines.delete(guest)
    return expired
  }
}
