/** Gives each class an order of the workers in which all load balancers agree. */
import { hashPair, hashString } from './hash.ts'

/** A power of two. With 1,000 workers each has about 16 slots: shares even to within a quarter. */
const slotCount = 16_384

/** A holder's key, hashed, and its weight. */
interface Entry {
  readonly hash: number
  readonly weight: number
}

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar, "A Name-Based Mapping Scheme for
 * Rendezvous", 1996; weights as in Schindelhauer and Schomaker, "Weighted Distributed Hash Tables",
 * 2005) of a fixed number of slots instead of classes: a look-up takes no time, and a worker that
 * comes or goes moves only the slots that it gains or had.
 */
export class RendezvousTable<Holder> {
  readonly #entries = new Map<Holder, Entry>()
  readonly #winners: (Holder | undefined)[] = Array(slotCount).fill(undefined)
  readonly #draws = new Float64Array(slotCount).fill(Number.POSITIVE_INFINITY)

  /**
   * The holder at the place `index` (from 0) of the order that belongs to the hash. Orders repeat
   * holders.
   */
  choice(hash: number, index: number): Holder | undefined {
    return this.#winners[hashPair(hash, index) & (slotCount - 1)]
  }

  /**
   * Adds a holder. `key` is the same in every load balancer; the holder's share of the slots is the
   * part of `weight`, which is above 0, in the sum of all weights.
   */
  add(holder: Holder, key: string, weight: number): void {
    const entry = { hash: hashString(key), weight }
    this.#entries.set(holder, entry)
    for (let slot = 0; slot < slotCount; slot++) this.#compete(slot, holder, entry)
  }

  /** Takes in the holder's key and weight, if they are others now. */
  update(holder: Holder, key: string, weight: number): void {
    const entry = this.#entries.get(holder)
    if (entry?.weight === weight && entry.hash === hashString(key)) return
    this.remove(holder)
    this.add(holder, key, weight)
  }

  remove(holder: Holder): void {
    if (!this.#entries.delete(holder)) return
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.#winners[slot] !== holder) continue
      this.#winners[slot] = undefined
      this.#draws[slot] = Number.POSITIVE_INFINITY
      for (const [other, entry] of this.#entries) this.#compete(slot, other, entry)
    }
  }

  #compete(slot: number, holder: Holder, entry: Entry): void {
    // Of exponentially distributed draws, each is the least in proportion to its weight.
    const uniform = (hashPair(entry.hash, slot) + 0.5) / 2 ** 32
    const draw = -Math.log(uniform) / entry.weight
    if (draw < (this.#draws[slot] as number)) {
      this.#draws[slot] = draw
      this.#winners[slot] = holder
    }
  }
}
