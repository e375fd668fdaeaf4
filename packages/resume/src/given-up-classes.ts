/** Classes that a worker has given up, until load balancers know it. Pure. */
import type { RequestClass } from '@resumelb/protocol'

/** Seconds in which load balancers learn that the worker has given a class up, with a margin. */
const givenUpSeconds = 1

export class GivenUpClasses {
  /** When each was given up, the oldest first; only those of the last second. */
  readonly #since = new Map<RequestClass, number>()

  /** The class is given up; of more than `limit` at the same time, the last are not kept. */
  add(requestClass: RequestClass, now: number, limit: number): void {
    for (const [name, at] of this.#since) {
      if (now - at < givenUpSeconds) break
      this.#since.delete(name)
    }
    this.#since.delete(requestClass)
    if (this.#since.size < limit) this.#since.set(requestClass, now)
  }

  /** The worker has the class again. */
  delete(requestClass: RequestClass): void {
    this.#since.delete(requestClass)
  }

  /** Whether a request that began at this time is no sign that the worker has the class. */
  has(requestClass: RequestClass, begunAt: number): boolean {
    if (this.#since.size === 0) return false
    const at = this.#since.get(requestClass)
    return at !== undefined && begunAt - at < givenUpSeconds
  }
}
