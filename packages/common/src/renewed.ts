/** Statistics that are replaced by those of the samples since, again and again. Pure. */

/** Fewer samples tell too little. */
const fewest = 16

/**
 * Statistics that decay never forget: what is 10¹² times too large still counts after 1,000
 * requests. So they are kept twice, the second time without the older samples, and now and then the
 * second ones take the place of the first. What is older than two windows does not count at all.
 * The caller adds each sample to both, and then calls {@link added}.
 */
export class Renewed<Statistics> {
  readonly #create: () => Statistics
  #current: Statistics
  #younger: Statistics | undefined
  #samples = 0
  #renewsAt = fewest

  /** `create` makes those of no samples. */
  constructor(create: () => Statistics) {
    this.#create = create
    this.#current = create()
  }

  get current(): Statistics {
    return this.#current
  }

  /** Those of the samples since the last renewal; none at first, as most classes have few. */
  get younger(): Statistics | undefined {
    return this.#younger
  }

  /**
   * A sample was added, of which about the last `window` are to count. If the younger statistics
   * have taken the place of the current ones, returns those that were current before.
   */
  added(window: number): Statistics | undefined {
    this.#samples++
    if (this.#samples < this.#renewsAt) return undefined
    // At first soon, so that the first samples need not be believed for long.
    this.#renewsAt = this.#samples + Math.max(fewest, Math.min(this.#samples, window))
    const [older, younger] = [this.#current, this.#younger]
    this.#younger = this.#create()
    if (younger === undefined) return undefined
    this.#current = younger
    return older
  }
}
