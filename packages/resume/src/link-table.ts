/** A number for each of many links. */
import { type Link, LinkPlaces } from '@resumelb/protocol'

/** Places of an empty table. Always a power of two. */
const fewestPlaces = 512

/**
 * A hash table with linear probing, in two arrays of numbers: a Map makes an object of each key of
 * more than 31 bits, and its deleted entries cost memory and pauses until it is built anew.
 */
export class LinkTable {
  readonly #places: LinkPlaces = new LinkPlaces()
  /** 0 if the place is free. */
  #links = new Float64Array(fewestPlaces)
  #values = new Int32Array(fewestPlaces)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of the link; -1 if it has none. */
  get(link: Link): number {
    const at = this.#find(link)
    return this.#links[at] === link ? (this.#values[at] as number) : -1
  }

  /** `value`: from 0. */
  set(link: Link, value: number): void {
    const at = this.#find(link)
    this.#values[at] = value
    if (this.#links[at] === link) return
    this.#links[at] = link
    this.#size++
    if (this.#size * 2 > this.#links.length) this.#grow()
  }

  delete(link: Link): void {
    let free = this.#find(link)
    const links = this.#links
    if (links[free] !== link) return
    this.#size--
    const mask = links.length - 1
    // Moves back those that are not where they belong, so that they are found before a free place.
    for (let at = (free + 1) & mask; links[at] !== 0; at = (at + 1) & mask) {
      const home = this.#places.of(links[at] as Link, mask)
      if (((at - home) & mask) < ((at - free) & mask)) continue
      links[free] = links[at] as Link
      this.#values[free] = this.#values[at] as number
      free = at
    }
    links[free] = 0
  }

  clear(): void {
    this.#links = new Float64Array(fewestPlaces)
    this.#values = new Int32Array(fewestPlaces)
    this.#size = 0
  }

  /** Where the link is, or would be. */
  #find(link: Link): number {
    const links = this.#links
    const mask = links.length - 1
    let at = this.#places.of(link, mask)
    while (links[at] !== 0 && links[at] !== link) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const [links, values] = [this.#links, this.#values]
    this.#links = new Float64Array(links.length * 2)
    this.#values = new Int32Array(links.length * 2)
    for (let i = 0; i < links.length; i++) {
      const link = links[i] as Link
      if (link === 0) continue
      const at = this.#find(link)
      this.#links[at] = link
      this.#values[at] = values[i] as number
    }
  }
}
