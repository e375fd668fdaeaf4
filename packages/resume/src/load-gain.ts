/** Learns whether requests of a cold class are served sooner if they wait for the first one. Pure. */

/** Weight of one class. */
const weight = 0.05

/**
 * The part that a warm request is of a warm and a cold one together, from which on waiting is no
 * gain: a request that comes in the middle of a load waits for half of it, and is then a warm one.
 */
const noGain = 1 / 3

export class LoadGain {
  /** It is worth it until the opposite is known. */
  #warmPart = 0

  get isWorthIt(): boolean {
    return this.#warmPart < noGain
  }

  /** What part a warm request was of a warm and a cold one of a class; undefined if not known. */
  learn(warmPart: number | undefined): void {
    if (warmPart !== undefined) this.#warmPart += weight * (warmPart - this.#warmPart)
  }
}
