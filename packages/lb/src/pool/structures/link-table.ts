/** Which workers hold which links of chains, packed. */
import { type Link, LinkPlaces } from '@resumelb/protocol'

/** Places of an empty table. Always a power of two. */
const fewestPlaces = 1024

/** The part of the places that may be in use. */
const maxFill = 0.5

/** In place of a holder. */
const free = 0

/** In place of a link. */
const none = 0

/**
 * Numbers by place, 16 bytes for each, which are fetched from memory at once: the link, then the
 * holder and whether the link was used.
 */
class Places {
  readonly mask: number
  readonly #links: Float64Array
  readonly #numbers: Int32Array

  /** `count`: a power of two. */
  constructor(count: number) {
    this.mask = count - 1
    const bytes = new ArrayBuffer(16 * count)
    this.#links = new Float64Array(bytes)
    this.#numbers = new Int32Array(bytes)
  }

  link(place: number): Link {
    return this.#links[2 * place] as Link
  }

  /** {@link free}, the holder + 1, or −1 − the number of a list. */
  holder(place: number): number {
    return this.#numbers[4 * place + 2] as number
  }

  setHolder(place: number, holder: number): void {
    this.#numbers[4 * place + 2] = holder
  }

  /** Whether the link was used since the hand came by. */
  isUsed(place: number): boolean {
    return this.#numbers[4 * place + 3] === 1
  }

  setUsed(place: number, isUsed: boolean): void {
    this.#numbers[4 * place + 3] = isUsed ? 1 : 0
  }

  set(place: number, link: Link, holder: number, isUsed: boolean): void {
    this.#links[2 * place] = link
    this.setHolder(place, holder)
    this.setUsed(place, isUsed)
  }
}

/**
 * A set of pairs of a link and its holder. A link of one holder, as most are, takes 16 bytes of an
 * open table with linear probing; one of several has a list of them. Holders are numbers from 0.
 */
export class LinkTable {
  readonly #maxPairs: number
  readonly #hash: LinkPlaces = new LinkPlaces()
  #places = new Places(fewestPlaces)
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

  /** How many hold the link. It counts as a use of it. */
  count(link: Link): number {
    const place = this.#find(link)
    const holder = this.#places.holder(place)
    if (holder === free) return 0
    this.#places.setUsed(place, true)
    return holder > 0 ? 1 : (this.#lists[-1 - holder] as number[]).length
  }

  has(link: Link, holder: number): boolean {
    const known = this.#places.holder(this.#find(link))
    if (known >= 0) return known === holder + 1
    return (this.#lists[-1 - known] as number[]).includes(holder)
  }

  /** Calls back with each holder of the link, which counts as a use of it. */
  forEach(link: Link, use: (holder: number) => void): void {
    const place = this.#find(link)
    const known = this.#places.holder(place)
    if (known === free) return
    this.#places.setUsed(place, true)
    if (known > 0) use(known - 1)
    else for (const holder of this.#lists[-1 - known] as number[]) use(holder)
  }

  /** Adds the holder of the links from that index on. */
  addAll(links: readonly Link[], from: number, holder: number): void {
    // To count those that are new means to look at all places before anything is changed: in such
    // a loop the processor fetches several of them from memory at the same time.
    const count = this.#linkCount + this.#countNew(links, from)
    this.#makeRoom(Math.min(count, this.#maxPairs))
    for (let i = from; i < links.length; i++) this.add(links[i] as Link, holder)
  }

  add(link: Link, holder: number): void {
    const place = this.#find(link)
    const known = this.#places.holder(place)
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
    this.#makeRoom(this.#linkCount)
  }

  delete(link: Link, holder: number): void {
    const place = this.#find(link)
    if (this.#places.holder(place) !== free) this.#deleteAt(place, holder)
  }

  /** Removes all that the holder has. Takes time for the whole table. */
  deleteAll(holder: number): void {
    for (let place = 0; place <= this.#places.mask; ) {
      const known = this.#places.holder(place)
      const isIts = known > 0 ? known === holder + 1 : known < 0 && this.#listHas(known, holder)
      // What is removed may be replaced by what was behind it.
      if (isIts) this.#deleteAt(place, holder)
      if (!isIts || this.#places.holder(place) === free || known < 0) place++
    }
  }

  #listHas(known: number, holder: number): boolean {
    return (this.#lists[-1 - known] as number[]).includes(holder)
  }

  #deleteAt(place: number, holder: number): void {
    const known = this.#places.holder(place)
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
    this.#places.setHolder(place, (list[0] as number) + 1)
    this.#dropList(known)
  }

  #insert(place: number, link: Link, holder: number): void {
    this.#places.set(place, link, holder + 1, false)
    this.#linkCount++
  }

  #share(place: number, first: number, second: number): void {
    const number = this.#freeLists.pop() ?? this.#lists.length
    this.#lists[number] = [first, second]
    this.#places.setHolder(place, -1 - number)
  }

  #dropList(known: number): void {
    this.#lists[-1 - known] = []
    this.#freeLists.push(-1 - known)
  }

  /** About as many of the links from that index on are not in the table. */
  #countNew(links: readonly Link[], from: number): number {
    const places = this.#places
    let count = 0
    for (let i = from; i < links.length; i++) {
      if (places.link(this.#hash.of(links[i] as Link, places.mask)) === none) count++
    }
    return count
  }

  /** The place of the link, or the free place where it would be. */
  #find(link: Link): number {
    const places = this.#places
    const { mask } = places
    let place = this.#hash.of(link, mask)
    while (places.link(place) !== link && places.link(place) !== none) place = (place + 1) & mask
    return place
  }

  /** Frees the place, and moves what was put behind it because it was not free. */
  #clear(place: number): void {
    const places = this.#places
    const { mask } = places
    let gap = place
    for (let at = (gap + 1) & mask; places.holder(at) !== free; at = (at + 1) & mask) {
      const link = places.link(at)
      const wanted = this.#hash.of(link, mask)
      if (((at - wanted) & mask) < ((at - gap) & mask)) continue
      places.set(gap, link, places.holder(at), places.isUsed(at))
      gap = at
    }
    places.set(gap, none, free, false)
    this.#linkCount--
  }

  /** Forgets a link that was not used since the hand came by last (the clock algorithm). */
  #forgetOne(): void {
    const places = this.#places
    for (;;) {
      const place = this.#hand
      this.#hand = (place + 1) & places.mask
      const known = places.holder(place)
      if (known === free) continue
      if (places.isUsed(place)) {
        places.setUsed(place, false)
        continue
      }
      if (known < 0) {
        this.#pairCount -= (this.#lists[-1 - known] as number[]).length
        this.#dropList(known)
      } else this.#pairCount--
      return this.#clear(place)
    }
  }

  /** Makes the table large enough for that many links, if it has room for about half of them. */
  #makeRoom(links: number): void {
    if (links > maxFill * (this.#places.mask + 1)) this.#grow()
  }

  #grow(): void {
    const before = this.#places
    const places = new Places(2 * (before.mask + 1))
    this.#places = places
    for (let old = 0; old <= before.mask; old++) {
      const holder = before.holder(old)
      if (holder === free) continue
      const link = before.link(old)
      places.set(this.#find(link), link, holder, before.isUsed(old))
    }
  }
}
