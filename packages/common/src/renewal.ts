/** When statistics are to be replaced by those of the requests since. Pure. */

/** Fewer samples tell too little. */
const fewest = 16

/**
 * Statistics that decay never forget: what is 10¹² times too large still counts after 1,000
 * requests. So they are kept twice, the second time without the older samples, and now and then the
 * second ones take the place of the first. What is older than two windows does not count at all.
 */
export class Renewal {
  #seen = 0
  #isDueAt = fewest

  /**
   * A sample was added. Returns whether the second statistics, if there are any yet, take the place
   * of the first, and new second ones begin.
   */
  isDue(window: number): boolean {
    this.#seen++
    if (this.#seen < this.#isDueAt) return false
    // At first soon, so that the first samples need not be believed for long.
    this.#isDueAt = this.#seen + Math.max(fewest, Math.min(this.#seen, window))
    return true
  }
}
