/** A mean in which a sample counts the less, the more have come after it. */

/**
 * With decay d, the k-th last sample counts d^k times as much as the last (zc.resumelb's `lb.py`).
 */
export class DecayingMean {
  #sum = 0
  #count = 0
  #value = 0

  /** 0 before the first sample. */
  get value(): number {
    return this.#value
  }

  /** `decay` is from 0 (only this sample counts) to below 1. */
  add(sample: number, decay: number): void {
    this.#sum = this.#sum * decay + sample
    this.#count = this.#count * decay + 1
    this.#value = this.#sum / this.#count
  }
}
