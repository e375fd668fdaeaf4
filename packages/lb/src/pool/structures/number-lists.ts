/**
 * Many short lists of whole numbers in one array, because an array for each would cost more than it
 * holds.
 */
import { grown, roomFor } from './rows.ts'

/**
 * Lists are numbered from 0 and empty until something is put into them. Each has a block of cells
 * in one array, of the least power of two that holds its values; free blocks of each size are
 * chained through their first cell.
 */
export class NumberLists {
  #cells = new Int32Array(0)
  #used = 0
  /** By list: where its block starts, and its length. */
  #spans = new Int32Array(0)
  /** By the logarithm of the size: the first free block, as its start + 1; 0 for none. */
  readonly #free: number[] = Array(32).fill(0)

  length(list: number): number {
    return this.#spans[list * 2 + 1] ?? 0
  }

  /** The index is below the list's length. */
  at(list: number, index: number): number {
    return this.#cells[(this.#spans[list * 2] as number) + index] as number
  }

  /** The index is below the list's length. */
  set(list: number, index: number, value: number): void {
    this.#cells[(this.#spans[list * 2] as number) + index] = value
  }

  /** The index of the first such value in the list, or -1. */
  indexOf(list: number, value: number): number {
    const length = this.length(list)
    for (let index = 0; index < length; index++) if (this.at(list, index) === value) return index
    return -1
  }

  push(list: number, value: number): void {
    if (list * 2 >= this.#spans.length) this.#spans = grown(this.#spans, roomFor(list + 1) * 2)
    const length = this.length(list)
    if (isPowerOfTwo(length)) this.#moveToBlock(list, length, length === 0 ? 1 : length * 2)
    this.#spans[list * 2 + 1] = length + 1
    this.set(list, length, value)
  }

  /** Takes the last value off a list that is not empty. */
  pop(list: number): void {
    const length = this.length(list) - 1
    this.#spans[list * 2 + 1] = length
    if (length === 0) this.#release(this.#spans[list * 2] as number, 1)
    else if (isPowerOfTwo(length)) this.#moveToBlock(list, length, length, length * 2)
  }

  /** Moves the list's values from its block of size `from` (0: it has none) to one of size `to`. */
  #moveToBlock(list: number, length: number, to: number, from: number = length): void {
    const old = this.#spans[list * 2] as number
    const start = this.#reserve(to)
    this.#cells.copyWithin(start, old, old + length)
    if (from > 0) this.#release(old, from)
    this.#spans[list * 2] = start
  }

  #reserve(size: number): number {
    const first = this.#free[Math.log2(size)] as number
    if (first > 0) {
      this.#free[Math.log2(size)] = this.#cells[first - 1] as number
      return first - 1
    }
    const start = this.#used
    this.#used += size
    if (this.#used > this.#cells.length) this.#cells = grown(this.#cells, roomFor(this.#used))
    return start
  }

  #release(start: number, size: number): void {
    this.#cells[start] = this.#free[Math.log2(size)] as number
    this.#free[Math.log2(size)] = start + 1
  }
}

function isPowerOfTwo(length: number): boolean {
  return (length & (length - 1)) === 0
}
