/**
 * Whether something is healthy, by the results of its checks: a change needs several in a row.
 * Pure.
 */

export interface RiseAndFallOptions {
  /** Consecutive good results after which what was unhealthy is healthy. */
  readonly rise: number
  /** Consecutive bad results after which what was healthy is unhealthy. */
  readonly fall: number
}

export class RiseAndFall {
  readonly #options: RiseAndFallOptions
  #isHealthy: boolean | undefined
  /** Consecutive results that say otherwise. */
  #contrary = 0

  constructor(options: RiseAndFallOptions) {
    this.#options = options
  }

  /** Absent until the first result, which decides at once. */
  get isHealthy(): boolean | undefined {
    return this.#isHealthy
  }

  /** Takes the result of a check. Returns whether the health has changed. */
  take(isGood: boolean): boolean {
    if (isGood === this.#isHealthy) {
      this.#contrary = 0
      return false
    }
    this.#contrary++
    const { rise, fall } = this.#options
    const needed = this.#isHealthy === undefined ? 1 : isGood ? rise : fall
    if (this.#contrary < needed) return false
    this.#contrary = 0
    this.#isHealthy = isGood
    return true
  }
}
