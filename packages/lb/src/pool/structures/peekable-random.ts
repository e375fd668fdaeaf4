/** Chance that can be looked at before it strikes. */

/** A source of random numbers whose next ones can be seen without being used up. */
export class PeekableRandom {
  readonly #random: () => number
  /** Numbers that were seen and not used yet. */
  readonly #seen: number[] = []
  /** The place of the next number to be seen; -1 if numbers are used. */
  #place = -1

  /** `random` is like `Math.random`. */
  constructor(random: () => number) {
    this.#random = random
  }

  next(): number {
    if (this.#place === -1) {
      return this.#seen.length === 0 ? this.#random() : (this.#seen.shift() as number)
    }
    if (this.#place === this.#seen.length) this.#seen.push(this.#random())
    return this.#seen[this.#place++] as number
  }

  /** Whatever calls {@link next} within `look` gets the numbers that come next anyway. */
  peek<Result>(look: () => Result): Result {
    this.#place = 0
    try {
      return look()
    } finally {
      this.#place = -1
    }
  }
}
