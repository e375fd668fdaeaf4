/** How deep a worker is warm in chains: the links of what it has served, most recent first. */
import { type Chain, type Link, takeChanges, type WarmthChanges } from '@resumelb/protocol'
import { CapacityEstimate } from './capacity-estimate.ts'
import { LinkTable } from './link-table.ts'
import { RankTree } from './rank-tree.ts'

/** Places of an empty table. */
const fewestPlaces = 256

/**
 * The cache of the application, as far as it can be known from outside: its links in the order of
 * their last use, of which the most recent ones are warm, as many as the application is estimated
 * to keep. The others are remembered to find out if it keeps more.
 *
 * Places are numbered in the order of use: each use of a link moves it to the next free place. Pure.
 * A use or a look at a link takes O(log limit), and memory is bounded by the limit.
 */
export class WarmLinks {
  readonly #estimate: CapacityEstimate
  #limit: number
  readonly #places: LinkTable = new LinkTable()
  /** By place; 0 if it is free. */
  #links = new Float64Array(fewestPlaces)
  #tree = new RankTree(fewestPlaces)
  /**
   * The next free place. All before the oldest are free; from `#warmFrom` on, all links are
   * warm.
   */
  #next = 0
  #oldest = 0
  #warmFrom = 0
  #warm = 0
  /** What has changed since {@link takeChanges}: whether links are warm. At most the limit. */
  readonly #changes: Map<Link, boolean> = new Map()
  /** There were more changes than the limit, or all links were forgotten. */
  #isWhole = false

  /** `limit`: the maximum number of links. */
  constructor(limit: number) {
    this.#limit = limit
    this.#estimate = new CapacityEstimate(limit)
  }

  /** Number of links that are remembered. */
  get size(): number {
    return this.#places.size
  }

  /** Number of links that are warm, as far as is known. */
  get warmCount(): number {
    return this.#warm
  }

  /** Number of links that the application is estimated to keep; Infinity if there is no sign. */
  get capacity(): number {
    return this.#estimate.capacity
  }

  get limit(): number {
    return this.#limit
  }

  set limit(limit: number) {
    if (limit === this.#limit) return
    this.#limit = limit
    this.#estimate.limit = limit
    this.#trim()
  }

  get hasChanges(): boolean {
    return this.#isWhole || this.#changes.size > 0
  }

  /** Number of leading links of the chain that are warm, as far as is known. */
  depthOf(chain: Chain): number {
    let depth = 0
    for (const link of chain) {
      const place = this.#places.get(link)
      if (place < 0 || place < this.#warmFrom) break
      depth++
    }
    return depth
  }

  /**
   * For each leading link that is remembered, the number of links that an application must keep to
   * be warm for it and for all before it. Ascending.
   */
  reachOf(chain: Chain): number[] {
    const reach: number[] = []
    let most = 0
    for (const link of chain) {
      const place = this.#places.get(link)
      if (place < 0) break
      most = Math.max(most, this.size - this.#tree.upTo(place) + 1)
      reach.push(most)
    }
    return reach
  }

  /** The application has used all links of the chain. */
  touch(chain: Chain): void {
    if (this.#limit === 0) return
    // The deepest one first, so that it is evicted before those that it implies.
    for (let i = chain.length - 1; i >= 0; i--) this.#use(chain[i] as Link)
    this.#trim()
  }

  /**
   * Learns how many links the application keeps. `reach` is that of a request when it began, and
   * `costOf` says how badly it fits what was seen of the request that its chain was warm so deep,
   * from 0 to 1.
   */
  learn(reach: readonly number[], costOf: (depth: number) => number): void {
    const before = this.capacity
    this.#estimate.learn(reach, costOf)
    if (this.capacity > before) this.#widen()
    else this.#trim()
  }

  /** The application has lost everything, as when it was restarted. What it can keep is as before. */
  clear(): void {
    if (this.size === 0) return
    this.#places.clear()
    this.#links = new Float64Array(fewestPlaces)
    this.#tree = new RankTree(fewestPlaces)
    this.#next = 0
    this.#oldest = 0
    this.#warmFrom = 0
    this.#warm = 0
    this.#startAgain()
  }

  /** All links that are warm, the least recently used first. */
  warmLinks(): Link[] {
    const links: Link[] = []
    for (let place = this.#warmFrom; place < this.#next; place++) {
      if (this.#links[place] !== 0) links.push(this.#links[place] as Link)
    }
    return links
  }

  /** Adds links that are warm already, the least recently used first. */
  restore(links: readonly Link[]): void {
    if (this.#limit === 0) return
    for (const link of links.slice(-this.#limit)) this.#use(link)
    this.#trim()
  }

  /** At most `most` of the changes since the last call; undefined if there are none. */
  takeChanges(most: number = Number.POSITIVE_INFINITY): WarmthChanges | undefined {
    if (this.#isWhole) {
      this.#isWhole = false
      return { whole: true, warm: this.warmLinks(), gone: [] }
    }
    return this.#changes.size === 0 ? undefined : takeChanges(this.#changes, most)
  }

  #use(link: Link): void {
    if (this.#next === this.#links.length) this.#makePlaces()
    const place = this.#places.get(link)
    if (place >= 0) {
      this.#links[place] = 0
      this.#tree.add(place, -1)
    }
    if (place >= 0 && place >= this.#warmFrom) this.#warm--
    else this.#note(link, true)
    this.#links[this.#next] = link
    this.#tree.add(this.#next, 1)
    this.#places.set(link, this.#next)
    this.#next++
    this.#warm++
  }

  /** Keeps as many links as there may be, and as many warm ones as the application keeps. */
  #trim(): void {
    while (this.#warm > this.capacity) {
      const link = this.#links[this.#warmFrom++] as Link
      if (link === 0) continue
      this.#warm--
      this.#note(link, false)
    }
    while (this.size > this.#limit) {
      const place = this.#oldest++
      const link = this.#links[place] as Link
      if (link === 0) continue
      this.#links[place] = 0
      this.#tree.add(place, -1)
      this.#places.delete(link)
      if (place < this.#warmFrom) continue
      this.#warm--
      this.#note(link, false)
    }
    this.#warmFrom = Math.max(this.#warmFrom, this.#oldest)
  }

  /** The application keeps more than it was thought to. */
  #widen(): void {
    while (this.#warm < this.capacity && this.#warmFrom > this.#oldest) {
      const link = this.#links[--this.#warmFrom] as Link
      if (link === 0) continue
      this.#warm++
      this.#note(link, true)
    }
  }

  #note(link: Link, isWarm: boolean): void {
    if (this.#isWhole) return
    this.#changes.set(link, isWarm)
    if (this.#changes.size > this.#limit) this.#startAgain()
  }

  #startAgain(): void {
    this.#changes.clear()
    this.#isWhole = true
  }

  /** Moves the links together, to a table with twice as many places if more than half are taken. */
  #makePlaces(): void {
    const before = this.#links
    const places = this.size * 2 > before.length ? before.length * 2 : before.length
    const links = new Float64Array(places)
    const warmFrom = this.size - this.#warm
    let next = 0
    for (let place = this.#oldest; place < before.length; place++) {
      const link = before[place] as Link
      if (link === 0) continue
      links[next] = link
      this.#places.set(link, next)
      next++
    }
    this.#links = links
    this.#warmFrom = warmFrom
    this.#tree = RankTree.filled(places, next)
    this.#oldest = 0
    this.#next = next
  }
}
