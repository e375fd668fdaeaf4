/** Which workers hold which links of chains, packed. */
import { type Link, LinkPlaces } from '@resumelb/protocol'

/** Places of an empty table. Always a power of two. */
const fewestPlaces = 1024

/** The part of the places that may be in use. */
const maxFill = 0.5

/** In place of a holder. */
const free = 0

/**
 * A set of pairs of a link and its holder. A link of one holder, as most are, takes 12 bytes of an
 * open table with linear probing; one of several has a list of them. Holders are numbers from 0.
 */
export class LinkTable {
  readonly #maxPairs: number
  readonly #places: LinkPlaces = new LinkPlaces()
  #links = new Float64Array(fewestPlaces)
  /** By place: {@link free}, the holder + 1, or −1 − the number of a list. */
  #holders = new Int32Array(fewestPlaces)
  /** By place: 1 if the link was used since {@link #hand} came by, otherwise 0. */
  #used = new Uint8Array(fewestPlaces)
  readonly #lists: number[][] = []
  readonly #freeLists: number[] = []
  #linkCount = 0
  #pairCount = 0
  /** The place that is the next to be looked at for something to forget. */
  #hand = 0

  /** `maxPairs`: those that have not been used for long are forgotten beyond that. */
  constructor(maxPairs: number) {
    this.#maxPairs = maxPairs
  }

  /** Number of pairs. */
  get size(): number {
    return this.#pairCount
  }

  /** How many hold the link. */
  count(link: Link): number {
    const holder = this.#holders[this.#find(link)] as number
    if (holder >= 0) return holder === free ? 0 : 1
    return (this.#lists[-1 - holder] as number[]).length
  }

  has(link: Link, holder: number): boolean {
    const known = this.#holders[this.#find(link)] as number
    if (known >= 0) return known === holder + 1
    return (this.#lists[-1 - known] as number[]).includes(holder)
  }

  /** Calls back with each holder of the link, which counts as a use of it. */
  forEach(link: Link, use: (holder: number) => void): void {
    const place = this.#find(link)
    const known = this.#holders[place] as number
    if (known === free) return
    this.#used[place] = 1
    if (known > 0) use(known - 1)
    else for (const holder of this.#lists[-1 - known] as number[]) use(holder)
  }

  add(link: Link, holder: number): void {
    const place = this.#find(link)
    const known = this.#holders[place] as number
    if (known === holder + 1) return
    if (known === free) this.#insert(place, link, holder)
    else if (known > 0) this.#share(place, known - 1, holder)
    else {
      const list = this.#lists[-1 - known] as number[]
      if (list.includes(holder)) return
      list.push(holder)
    }
    this.#pairCount++
    while (this.#pairCount > this.#maxPairs) this.#forgetOne()
    if (this.#linkCount > maxFill * this.#links.length) this.#grow()
  }

  delete(link: Link, holder: number): void {
    const place = this.#find(link)
    if (this.#holders[place] !== free) this.#deleteAt(place, holder)
  }

  /** Removes all that the holder has. Takes time for the whole table. */
  deleteAll(holder: number): void {
    for (let place = 0; place < this.#holders.length; ) {
      const known = this.#holders[place] as number
      const isIts = known > 0 ? known === holder + 1 : known < 0 && this.#listHas(known, holder)
      // What is removed may be replaced by what was behind it.
      if (isIts) this.#deleteAt(place, holder)
      if (!isIts || this.#holders[place] === free || known < 0) place++
    }
  }

  #listHas(known: number, holder: number): boolean {
    return (this.#lists[-1 - known] as number[]).includes(holder)
  }

  #deleteAt(place: number, holder: number): void {
    const known = this.#holders[place] as number
    if (known > 0) {
      if (known !== holder + 1) return
      this.#pairCount--
      this.#clear(place)
      return
    }
    const list = this.#lists[-1 - known] as number[]
    const at = list.indexOf(holder)
    if (at === -1) return
    this.#pairCount--
    list[at] = list[list.length - 1] as number
    list.pop()
    if (list.length > 1) return
    this.#holders[place] = (list[0] as number) + 1
    this.#dropList(known)
  }

  #insert(place: number, link: Link, holder: number): void {
    this.#links[place] = link
    this.#holders[place] = holder + 1
    this.#used[place] = 0
    this.#linkCount++
  }

  #share(place: number, first: number, second: number): void {
    const number = this.#freeLists.pop() ?? this.#lists.length
    this.#lists[number] = [first, second]
    this.#holders[place] = -1 - number
  }

  #dropList(known: number): void {
    this.#lists[-1 - known] = []
    this.#freeLists.push(-1 - known)
  }

  /** The place of the link, or the free place where it would be. */
  #find(link: Link): number {
    const links = this.#links
    const holders = this.#holders
    const mask = links.length - 1
    let place = this.#places.of(link, mask)
    while (holders[place] !== free && links[place] !== link) place = (place + 1) & mask
    return place
  }

  /** Frees the place, and moves what was put behind it because it was not free. */
  #clear(place: number): void {
    const links = this.#links
    const holders = this.#holders
    const mask = links.length - 1
    let gap = place
    for (let at = (gap + 1) & mask; holders[at] !== free; at = (at + 1) & mask) {
      const wanted = this.#places.of(links[at] as number, mask)
      if (((at - wanted) & mask) < ((at - gap) & mask)) continue
      links[gap] = links[at] as number
      holders[gap] = holders[at] as number
      this.#used[gap] = this.#used[at] as number
      gap = at
    }
    holders[gap] = free
    this.#linkCount--
  }

  /** Forgets a link that was not used since the hand came by last (the clock algorithm). */
  #forgetOne(): void {
    const mask = this.#links.length - 1
    for (;;) {
      const place = this.#hand
      this.#hand = (place + 1) & mask
      const known = this.#holders[place] as number
      if (known === free) continue
      if (this.#used[place] === 1) {
        this.#used[place] = 0
        continue
      }
      if (known < 0) {
        this.#pairCount -= (this.#lists[-1 - known] as number[]).length
        this.#dropList(known)
      } else this.#pairCount--
      return this.#clear(place)
    }
  }

  #grow(): void {
    const links = this.#links
    const holders = this.#holders
    const used = this.#used
    this.#links = new Float64Array(2 * links.length)
    this.#holders = new Int32Array(2 * links.length)
    this.#used = new Uint8Array(2 * links.length)
    for (let old = 0; old < links.length; old++) {
      if (holders[old] === free) continue
      const place = this.#find(links[old] as number)
      this.#links[place] = links[old] as number
      this.#holders[place] = holders[old] as number
      this.#used[place] = used[old] as number
    }
  }
}
