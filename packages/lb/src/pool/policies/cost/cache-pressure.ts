/** How much caches lose what they should hold, learned from service times. Pure. */

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

export class CachePressure {
  readonly #settings: CachePressureSettings
  #slowShare: number

  constructor(settings: CachePressureSettings) {
    this.#settings = settings
    this.#slowShare = settings.initialShare
  }

  /** From 0, caches have room, to 1. */
  get value(): number {
    return Math.min(1, this.#slowShare / this.#settings.fullShare)
  }

  /**
   * A worker that should have the class in its caches took so many seconds for a request of it;
   * `warm` is what it takes if it does.
   */
  learn(seconds: number, warm: number): void {
    const isSlow = Number(seconds > slowRatio * warm)
    this.#slowShare += this.#settings.learning * (isSlow - this.#slowShare)
  }
}
