/** How much caches lose what they should hold, learned from service times. Pure. */
import { Column } from '../../structures/rows.ts'

/** A request that takes so many times what is usual has probably missed the cache. */
const slowRatio = 2

/** How fast pressure is learned, and from where on there is most of it. */
export interface CachePressureSettings {
  /** The weight of one request. */
  readonly learning: number
  /** The part of the requests that must be slow for full pressure. */
  readonly fullShare: number
  /** The part that is believed to be slow before there are requests. */
  readonly initialShare: number
}

/** The pressure on the caches of each member. */
export class CachePressures {
  readonly #settings: CachePressureSettings
  /** By member: the part of its requests that is slow. */
  readonly #slowShares = new Column()

  constructor(settings: CachePressureSettings) {
    this.#settings = settings
  }

  /** Makes the member, who may be new, one of which nothing is known. */
  reset(member: number): void {
    this.#slowShares.reserve(member)
    this.#slowShares.set(member, this.#settings.initialShare)
  }

  /** From 0, its caches have room, to 1. */
  at(member: number): number {
    return Math.min(1, this.#slowShares.get(member) / this.#settings.fullShare)
  }

  /**
   * The member, which should have the class in its caches, took so many seconds for a request of
   * it; `warm` is what it takes if it does.
   */
  learn(member: number, seconds: number, warm: number): void {
    const isSlow = Number(seconds > slowRatio * warm)
    const share = this.#slowShares.get(member)
    this.#slowShares.set(member, share + this.#settings.learning * (isSlow - share))
  }
}
