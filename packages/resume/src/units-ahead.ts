/** Units that an application still has to compute. Pure. */

/** Those of the requests that it has begun, and not begun to answer. */
export class UnitsAhead {
  #requests = 0
  #units = 0

  get units(): number {
    return this.#units
  }

  add(units: number): void {
    this.#requests++
    this.#units += units
  }

  remove(units: number): void {
    this.#requests--
    // Rounding errors must not accumulate.
    this.#units = this.#requests === 0 ? 0 : Math.max(0, this.#units - units)
  }
}
