/** How deep each worker is warm in a chain, as far as is known. Members go by their numbers. */
import type { Chain, WarmthChanges } from '@resumelb/protocol'
import { LinkTable } from '../../structures/link-table.ts'
import { grown, roomFor } from '../../structures/rows.ts'

/**
 * Maximum number of pairs of a link and a worker that is warm for it. The table takes up to 50 MB
 * then.
 */
const maxPairs = 1 << 20

/**
 * A worker that is warm for a link is warm for those before it, so that the deeper a link, the
 * fewer hold it. Looking up some links in the middle tells where the number of holders changes:
 * O(different depths × log length) lookups instead of one for each link.
 */
export class DepthIndex {
  readonly #table: LinkTable = new LinkTable(maxPairs)
  /** By member: the depth in the chain that was looked at last. */
  #depths = new Int32Array(0)
  #depth = 0
  #deepest = 0
  readonly #setDepth = (member: number): void => {
    this.#depths[member] = this.#depth
  }

  /** Pairs of a link and a worker that is warm for it. */
  get size(): number {
    return this.#table.size
  }

  /** Makes room for members with numbers below that. */
  reserve(members: number): void {
    if (members > this.#depths.length) this.#depths = grown(this.#depths, roomFor(members))
  }

  /** Takes in what the worker says. */
  update(member: number, { whole, warm, gone }: WarmthChanges): void {
    if (whole) this.#table.deleteAll(member)
    for (const link of gone) this.#table.delete(link, member)
    for (const link of warm) this.#table.add(link, member)
  }

  /** Forgets all that the member was warm for. */
  forget(member: number): void {
    this.#table.deleteAll(member)
  }

  /** Notes that the member, which was warm for the first `depth` links, gets warm for all. */
  warm(member: number, chain: Chain, depth: number): void {
    // The last of those it was warm for may have been evicted while others were added.
    for (let i = depth; i < chain.length; i++) this.#table.add(chain[i] as number, member)
  }

  /** Finds how deep each member is warm in the chain, for {@link at}. */
  look(chain: Chain): void {
    this.#depths.fill(0)
    this.#deepest = 0
    const last = chain.length - 1
    if (last < 0) return
    const first = this.#table.count(chain[0] as number)
    if (first === 0) return
    const deepest = last === 0 ? first : this.#table.count(chain[last] as number)
    this.#between(chain, 0, first, last, deepest)
    if (deepest > 0) this.#mark(chain, last)
  }

  /** How many leading links the member holds of the chain that was looked at last. */
  at(member: number): number {
    return this.#depths[member] as number
  }

  /** The most of that of any member. */
  get deepest(): number {
    return this.#deepest
  }

  /** Marks where the number of holders changes from the link `low` to the link `high`. */
  #between(chain: Chain, low: number, lowCount: number, high: number, highCount: number): void {
    if (lowCount <= highCount) return
    if (high - low === 1) return this.#mark(chain, low)
    const middle = (low + high) >> 1
    const count = this.#table.count(chain[middle] as number)
    this.#between(chain, low, lowCount, middle, count)
    this.#between(chain, middle, count, high, highCount)
  }

  /** The holders of that link are warm for it, and for more if they are marked again. */
  #mark(chain: Chain, index: number): void {
    this.#depth = index + 1
    if (this.#depth > this.#deepest) this.#deepest = this.#depth
    this.#table.forEach(chain[index] as number, this.#setDepth)
  }
}
