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
 * fewer hold it. Looking up some links tells where the number of holders changes, which are looked
 * for first where they usually are: near the end of the chain, and where the one before had it.
 * Otherwise it takes O(different depths × log length) look-ups instead of one for each link.
 */
export class DepthIndex {
  readonly #table: LinkTable = new LinkTable(maxPairs)
  /** By member: the depth in the chain that was looked at last. */
  #depths = new Int32Array(0)
  #depth = 0
  #deepest = 0
  /** The last link in the chain before that all had who had its first one. */
  #usual = 0
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
    this.#table.addAll(chain, depth, member)
  }

  /** Finds how deep each member is warm in the chain, for {@link at}. */
  look(chain: Chain): void {
    this.#depths.fill(0)
    this.#deepest = 0
    if (chain.length === 0) return
    const first = this.#table.count(chain[0] as number)
    if (first === 0) return
    const last = this.#lastHeld(chain)
    const count = last === 0 ? first : this.#table.count(chain[last] as number)
    this.#markChanges(chain, first, last, count)
    this.#mark(chain, last)
  }

  /** How many leading links the member holds of the chain that was looked at last. */
  at(member: number): number {
    return this.#depths[member] as number
  }

  /** The most of that of any member. */
  get deepest(): number {
    return this.#deepest
  }

  /**
   * The last link that any member holds; the first one is held. Found from the end of the chain in
   * steps that double, because a turn of a conversation adds few links.
   */
  #lastHeld(chain: Chain): number {
    let beyond = chain.length
    let held = beyond - 1
    for (let step = 1; held > 0 && this.#table.count(chain[held] as number) === 0; step *= 2) {
      beyond = held
      held = Math.max(0, held - step)
    }
    while (beyond - held > 1) {
      const middle = (held + beyond) >> 1
      if (this.#table.count(chain[middle] as number) === 0) beyond = middle
      else held = middle
    }
    return held
  }

  /** Marks where the number of holders changes from the first link to the last one that is held. */
  #markChanges(chain: Chain, first: number, last: number, lastCount: number): void {
    if (first <= lastCount) return
    // Where it changed in the chain before, because conversations begin with the same instructions.
    const usual = this.#usual
    if (usual < last && this.#table.count(chain[usual] as number) === first) {
      const next = this.#table.count(chain[usual + 1] as number)
      if (next < first) {
        this.#mark(chain, usual)
        return this.#between(chain, usual + 1, next, last, lastCount)
      }
    }
    this.#between(chain, 0, first, last, lastCount)
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
    if (this.#deepest === 0) this.#usual = index
    this.#depth = index + 1
    if (this.#depth > this.#deepest) this.#deepest = this.#depth
    this.#table.forEach(chain[index] as number, this.#setDepth)
  }
}
