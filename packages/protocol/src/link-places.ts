/** Where links stand in hash tables. */
import type { Link } from './chain.ts'

/**
 * A hash of links that differs from table to table and from process to process: the texts of which
 * links are made come from clients, which could otherwise choose texts whose links all meet in one
 * part of a table, so that each look at it takes long. Multiply-shift by Dietzfelbinger et al., for
 * the two halves of a link.
 */
export class LinkPlaces {
  readonly #low: number
  readonly #high: number

  /** `words`: 32 random bits for each half. */
  constructor(words: ArrayLike<number> = crypto.getRandomValues(new Uint32Array(2))) {
    this.#low = (words[0] as number) | 1
    this.#high = (words[1] as number) | 1
  }

  /** A place from 0 to `mask`, which is a power of two minus one, and at least 1. */
  of(link: Link, mask: number): number {
    const product = Math.imul(link >>> 0, this.#low) + Math.imul(link / 2 ** 32, this.#high)
    return product >>> Math.clz32(mask)
  }
}
