/** Explanations of many classes for little time: most of them are some seconds old. */

/**
 * Explanations that are renewed in one second. Each looks at all workers that know the class, so
 * that a thousand would keep the event loop busy for a tenth of a second or more.
 */
export const maxRenewals = 100

/** Classes of which an explanation is kept. */
const maxKept = 2_000

interface Kept<Explanation> {
  readonly explanation: Explanation
  /** In seconds of the clock. */
  readonly at: number
}

export class RecentExplanations<Explanation> {
  readonly #explain: (requestClass: string) => Explanation
  readonly #kept: Map<string, Kept<Explanation>> = new Map()
  /** The second in which {@link #renewals} were made. */
  #second = Number.NEGATIVE_INFINITY
  #renewals = 0

  constructor(explain: (requestClass: string) => Explanation) {
    this.#explain = explain
  }

  /**
   * The explanation of a class: a new one for the first {@link maxRenewals} of a second, and for
   * those that have none; of the others, the oldest are renewed in turn. `now` is in seconds.
   */
  of(requestClass: string, now: number): Explanation {
    const kept = this.#kept.get(requestClass)
    if (kept !== undefined && !this.#mayRenew(kept, now)) return kept.explanation
    this.#renewals++
    const explanation = this.#explain(requestClass)
    if (kept === undefined && this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(requestClass, { explanation, at: now })
    return explanation
  }

  #mayRenew({ at }: Kept<Explanation>, now: number): boolean {
    if (now - this.#second >= 1) {
      this.#second = now
      this.#renewals = 0
    }
    if (this.#renewals >= maxRenewals) return false
    const { size } = this.#kept
    return size <= maxRenewals || now - at >= size / maxRenewals
  }
}
