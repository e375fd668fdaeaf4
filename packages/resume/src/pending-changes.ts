/** What load balancers do not know yet of a résumé, and when they should. Pure. */
import type { RequestClass } from '@resumelb/protocol'

/** Minimum seconds between two publications, unless `history` requests come first. */
const publishPeriod = 1

/** The same for what load balancers should know soon: else each new class would be a frame. */
export const urgentPeriod = 0.05

export interface PublicationLimits {
  /** Requests after which changes are due. */
  readonly history: number
  /** Forgotten classes that are remembered. */
  readonly maxClasses: number
}

export class PendingChanges {
  /** Classes whose skills have changed since the last publication; all of them have records. */
  readonly changed: Set<RequestClass> = new Set()
  readonly #faded = new Set<RequestClass>()
  #publishedAt = Number.NEGATIVE_INFINITY
  #publishedGeneration = 0
  #isUrgent = false

  /** Forgotten since the last publication. At most `maxClasses`. */
  get faded(): ReadonlySet<RequestClass> {
    return this.#faded
  }

  /** Whether they are due sooner than {@link publishPeriod} after the last publication. */
  get isUrgent(): boolean {
    return this.#isUrgent
  }

  /** The class is known again. */
  add(requestClass: RequestClass): void {
    this.#faded.delete(requestClass)
  }

  /** The class is forgotten. */
  fade(requestClass: RequestClass, { maxClasses }: PublicationLimits): void {
    this.changed.delete(requestClass)
    // Beyond the limit the notice is lost: the table of a load balancer is bounded as well.
    if (this.#faded.size < maxClasses) this.#faded.add(requestClass)
  }

  /** Load balancers should know soon. */
  urge(): void {
    this.#isUrgent = true
  }

  /** Load balancers should know now. */
  urgeNow(): void {
    this.#publishedAt = Number.NEGATIVE_INFINITY
  }

  /** Whether there is something to publish, and enough time or enough requests have passed. */
  isDue(now: number, generation: number, limits: PublicationLimits): boolean {
    if (this.changed.size === 0 && this.#faded.size === 0) return false
    return (
      now - this.#publishedAt >= (this.#isUrgent ? urgentPeriod : publishPeriod) ||
      generation - this.#publishedGeneration >= limits.history ||
      this.#faded.size >= limits.maxClasses
    )
  }

  /** All are published. */
  clear(now: number, generation: number): void {
    this.#faded.clear()
    this.changed.clear()
    this.#publishedAt = now
    this.#isUrgent = false
    this.#publishedGeneration = generation
  }
}
