/**
 * Numbers in rows: what belongs together lies together, because a pick costs what it waits for
 * memory.
 */

/** A length for an array that must hold so many, with room for more of them. */
export function roomFor(length: number): number {
  return Math.max(64, Math.ceil(length * 1.5))
}

/** A longer copy of the array; what is new in it is 0. */
export function grown<A extends Float64Array | Int32Array | Uint8Array>(
  array: A,
  length: number,
): A {
  const Constructor = array.constructor as new (length: number) => A
  const longer = new Constructor(length)
  longer.set(array)
  return longer
}

/** Rows of eight numbers, 64 bytes each: as much as a processor fetches at once. */
export class Rows {
  #cells = new Float64Array(0)

  /** Eight for each row, until rows are added: for loops over many of them. */
  get cells(): Float64Array {
    return this.#cells
  }

  /** Makes sure that there is a row of this number. New rows are all 0. */
  reserve(row: number): void {
    if (row * 8 >= this.#cells.length) this.#cells = grown(this.#cells, roomFor(row + 1) * 8)
  }

  /** The row was reserved; the column is from 0 to 7. */
  get(row: number, column: number): number {
    return this.#cells[row * 8 + column] as number
  }

  /** The row was reserved; the column is from 0 to 7. */
  set(row: number, column: number, value: number): void {
    this.#cells[row * 8 + column] = value
  }

  /** Sets all eight to 0. */
  clear(row: number): void {
    this.#cells.fill(0, row * 8, row * 8 + 8)
  }
}

/**
 * One number for each row, packed: what a search reads of each row, and nothing else of most of
 * them, stays in the processor's cache.
 */
export class Column {
  #cells = new Float64Array(0)

  /** Makes sure that there is a row of this number. New rows are 0. */
  reserve(row: number): void {
    if (row >= this.#cells.length) this.#cells = grown(this.#cells, roomFor(row + 1))
  }

  /** The row was reserved. */
  get(row: number): number {
    return this.#cells[row] as number
  }

  /** The row was reserved. */
  set(row: number, value: number): void {
    this.#cells[row] = value
  }
}
