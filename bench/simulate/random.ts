/** Chance that can be repeated: seeded streams of numbers. */

/**
 * A stream of random numbers (sfc32 by Chris Doty-Humphrey, of the PractRand suite).
 *
 * Streams split off by name do not influence each other, so that two policies meet the very same
 * requests however much chance each of them uses ("common random numbers").
 */
export class Random {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #counter = 1
  #spareNormal: number | undefined

  constructor(seed: string) {
    this.#seed = seed
    this.#a = hash(seed, 1)
    this.#b = hash(seed, 2)
    this.#c = hash(seed, 3)
    for (let i = 0; i < 12; i++) this.next()
  }

  /** Another stream, the same for the same seed and name. */
  split(name: string): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }

  /** Uniform among 0 … n − 1. */
  integer(n: number): number {
    return Math.floor(this.next() * n)
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }

  /** Of mean 0 and deviation 1, by Marsaglia's polar method. */
  normal(): number {
    const spare = this.#spareNormal
    this.#spareNormal = undefined
    if (spare !== undefined) return spare
    for (;;) {
      const x = 2 * this.next() - 1
      const y = 2 * this.next() - 1
      const r = x * x + y * y
      if (r >= 1 || r === 0) continue
      const scale = Math.sqrt((-2 * Math.log(r)) / r)
      this.#spareNormal = y * scale
      return x * scale
    }
  }

  /** Puts an array in random order, in place (Fisher and Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const item = items[i]!
      items[i] = items[j]!
      items[j] = item
    }
    return items
  }
}

/** FNV-1a, finished as in MurmurHash3, so that similar texts give unrelated numbers. */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
