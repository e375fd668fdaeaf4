/** Knows when anything but a given thing was seen last, in constant time and space. Pure. */
export class LastTwo<Thing> {
  /** The last thing that was seen, and the last other one. */
  #last: Thing | undefined
  #lastAt = Number.NEGATIVE_INFINITY
  #otherAt = Number.NEGATIVE_INFINITY

  see(thing: Thing, now: number): void {
    if (thing !== this.#last) {
      this.#otherAt = this.#lastAt
      this.#last = thing
    }
    this.#lastAt = now
  }

  /** When anything else was seen last; -Infinity if never. */
  lastOtherThan(thing: Thing): number {
    return thing === this.#last ? this.#otherAt : this.#lastAt
  }
}
