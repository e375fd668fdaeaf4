/** Counts the taken places before a place, in a row of places. */

/**
 * A Fenwick tree (P. Fenwick, A new data structure for cumulative frequency tables, 1994): both
 * operations take log₂ of the number of places.
 */
export class RankTree {
  readonly #sums: Int32Array

  constructor(places: number) {
    this.#sums = new Int32Array(places + 1)
  }

  /** The first `taken` places are taken, and no others. */
  static filled(places: number, taken: number): RankTree {
    const tree = new RankTree(places)
    const sums = tree.#sums
    for (let i = 1; i <= places; i++) {
      sums[i] = (sums[i] as number) + (i <= taken ? 1 : 0)
      const parent = i + (i & -i)
      if (parent <= places) sums[parent] = (sums[parent] as number) + (sums[i] as number)
    }
    return tree
  }

  /** Takes a free place (1), or frees a taken one (-1). */
  add(place: number, change: 1 | -1): void {
    const sums = this.#sums
    for (let i = place + 1; i < sums.length; i += i & -i) sums[i] = (sums[i] as number) + change
  }

  /** Number of taken places up to and including this one. */
  upTo(place: number): number {
    let count = 0
    for (let i = place + 1; i > 0; i -= i & -i) count += this.#sums[i] as number
    return count
  }
}
