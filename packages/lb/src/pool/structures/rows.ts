/**
 * Numbers in rows: what belongs together lies together, because a pick costs what it waits for
 * memory.
 */

/** A length for an array that must hold so many, with room for more of them. */
export function roomFor(length: number): number {
  return Math.max(64, Math.ceil(length * 1.5))
}

/** A longer copy of the array; what is new in it is 0. */
export function grown<A extends Float64Array | Int32Array>(array: A, length: number): A {
  const Constructor = array.constructor as new (length: number) => A
  const longer = new Constructor(length)
  longer.set(array)
  return longer
}

/**
 * Rows of a few numbers each. Eight of them are 64 bytes: as much as a processor fetches at once.
 */
export class Rows {
  readonly #width: number
  #cells = new Float64Array(0)

  /** `width` is the number of columns. */
  constructor(width: number) {
    this.#width = width
  }

  /** Makes sure that there is a row of this number. New rows are all 0. */
  reserve(row: number): void {
    const width = this.#width
    if (row * width >= this.#cells.length)
      this.#cells = grown(this.#cells, roomFor(row + 1) * width)
  }

  /** The row was reserved; the column is below the width. */
  get(row: number, column: number): number {
    return this.#cells[row * this.#width + column] as number
  }

  /** The row was reserved; the column is below the width. */
  set(row: number, column: number, value: number): void {
    this.#cells[row * this.#width + column] = value
  }

  /** Sets all of the row to 0. */
  clear(row: number): void {
    this.#cells.fill(0, row * this.#width, (row + 1) * this.#width)
  }
}
