/** Gives each class an order of the workers in which all load balancers agree. */
import { hashPair, hashString } from './hash.ts'

/** A power of two. With 1,000 workers each has about 16 slots: shares even to within a quarter. */
const slotCount = 16_384

/** In place of a holder's number. */
const noOne = 0

/** A holder's number, which is above 0, its key, hashed, and its weight. */
interface Entry {
  readonly number: number
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
  /** By number, which is another holder's after {@link remove}. */
  readonly #holders: (Holder | undefined)[] = [undefined]
  readonly #free: number[] = []
  /** The numbers of holders: packed, so that they stay in the processor's cache. */
  readonly #winners = new Int32Array(slotCount)
  readonly #draws = new Float64Array(slotCount).fill(Number.POSITIVE_INFINITY)

  /**
   * The holder at the place `index` (from 0) of the order that belongs to the hash. Orders repeat
   * holders.
   */
  choice(hash: number, index: number): Holder | undefined {
    return this.#holders[this.#winners[hashPair(hash, index) & (slotCount - 1)] as number]
  }

  /**
   * Adds a holder. `key` is the same in every load balancer; the holder's share of the slots is the
   * part of `weight`, which is above 0, in the sum of all weights.
   */
  add(holder: Holder, key: string, weight: number): void {
    const number = this.#free.pop() ?? this.#holders.length
    const entry = { number, hash: hashString(key), weight }
    this.#holders[number] = holder
    this.#entries.set(holder, entry)
    for (let slot = 0; slot < slotCount; slot++) this.#compete(slot, entry)
  }

  /** Takes in the holder's key and weight, if they are others now. */
  update(holder: Holder, key: string, weight: number): void {
    const entry = this.#entries.get(holder)
    if (entry?.weight === weight && entry.hash === hashString(key)) return
    this.remove(holder)
    this.add(holder, key, weight)
  }

  remove(holder: Holder): void {
    const left = this.#entries.get(holder)
    if (left === undefined) return
    this.#entries.delete(holder)
    this.#holders[left.number] = undefined
    this.#free.push(left.number)
    for (let slot = 0; slot < slotCount; slot++) {
      if (this.#winners[slot] !== left.number) continue
      this.#winners[slot] = noOne
      this.#draws[slot] = Number.POSITIVE_INFINITY
      for (const entry of this.#entries.values()) this.#compete(slot, entry)
    }
  }

  #compete(slot: number, { number, hash, weight }: Entry): void {
    // Of exponentially distributed draws, each is the least in proportion to its weight.
    const uniform = (hashPair(hash, slot) + 0.5) / 2 ** 32
    const draw = -Math.log(uniform) / weight
    if (draw < (this.#draws[slot] as number)) {
      this.#draws[slot] = draw
      this.#winners[slot] = number
    }
  }
}
