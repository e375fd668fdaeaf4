/** A worker's cache: which objects it holds, the least recently used making room for new ones. */

const none = -1

/** Object numbers below `universe`; at most `capacity` of them. */
export class LruCache {
  readonly #capacity: number
  readonly #newer: Int32Array
  readonly #older: Int32Array
  readonly #held: Uint8Array
  #oldest = none
  #newest = none
  #size = 0

  constructor(capacity: number, universe: number) {
    this.#capacity = capacity
    this.#newer = new Int32Array(universe).fill(none)
    this.#older = new Int32Array(universe).fill(none)
    this.#held = new Uint8Array(universe)
  }

  get size(): number {
    return this.#size
  }

  has(object: number): boolean {
    return this.#held[object] === 1
  }

  /** Uses an object: loads it if it is not here. */
  use(object: number): void {
    if (this.#capacity === 0 || object === this.#newest) return
    if (this.has(object)) this.#unlink(object)
    else {
      if (this.#size === this.#capacity) this.#evict()
      this.#held[object] = 1
      this.#size++
    }
    this.#older[object] = this.#newest
    if (this.#newest === none) this.#oldest = object
    else this.#newer[this.#newest] = object
    this.#newest = object
  }

  #evict(): void {
    const object = this.#oldest
    this.#unlink(object)
    this.#held[object] = 0
    this.#size--
  }

  #unlink(object: number): void {
    const older = this.#older[object]!
    const newer = this.#newer[object]!
    if (older === none) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === none) this.#newest = older
    else this.#older[newer] = older
    this.#older[object] = none
    this.#newer[object] = none
  }
}
