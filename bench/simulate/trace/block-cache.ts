/** What a simulated worker keeps: blocks of prompts, or classes. */

/** Numbers or names, the least recently used making room for new ones. */
export class BlockCache<Key = number> {
  readonly #capacity: number
  readonly #keys = new Set<Key>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  has(key: Key): boolean {
    return this.#keys.has(key)
  }

  /** How many leading ones are here. */
  match(keys: readonly Key[]): number {
    let count = 0
    while (count < keys.length && this.#keys.has(keys[count] as Key)) count++
    return count
  }

  /** Uses them; the first one is used last, so that the last one is evicted first. */
  put(keys: readonly Key[]): void {
    for (let i = keys.length - 1; i >= 0; i--) this.#use(keys[i] as Key)
  }

  #use(key: Key): void {
    if (!this.#keys.delete(key)) {
      for (const oldest of this.#keys) {
        if (this.#keys.size < this.#capacity) break
        this.#keys.delete(oldest)
      }
    }
    this.#keys.add(key)
  }
}
