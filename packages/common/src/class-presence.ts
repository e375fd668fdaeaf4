/** Knows whether other classes have come lately, in constant time and space. Pure. */

/**
 * Seconds for which a class counts as present after its last request: for so long, room is kept for
 * it. Where only one class comes, it may have all of it.
 */
export const presenceTime = 60

export class ClassPresence {
  /** The class that came last, and when that, and any other, was. */
  #last: string | undefined
  #lastAt = Number.NEGATIVE_INFINITY
  #otherAt = Number.NEGATIVE_INFINITY
  /** When a class came last that is known. */
  #knownAt = Number.NEGATIVE_INFINITY

  /**
   * A request of the class has come. Known are classes that were served before. `othersElsewhere`:
   * requests of others have come to some other place lately, from where they may come here.
   */
  see(requestClass: string, isKnown: boolean, now: number, othersElsewhere = false): void {
    if (requestClass !== this.#last) {
      this.#otherAt = this.#lastAt
      this.#last = requestClass
    }
    this.#lastAt = now
    if (isKnown || othersElsewhere) this.#knownAt = now
    if (othersElsewhere) this.#otherAt = now
  }

  /**
   * Whether room is to be kept for classes other than this one. Classes that are not known count as
   * one: room is kept for those that are.
   */
  hasOthers(requestClass: string, isKnown: boolean, now: number): boolean {
    const otherAt = requestClass === this.#last ? this.#otherAt : this.#lastAt
    return now - (isKnown ? otherAt : this.#knownAt) <= presenceTime
  }
}
