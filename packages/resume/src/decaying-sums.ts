/** The sums of a line that is fitted to decaying samples. Pure. */

/** Least squares of seconds over units; see `size-fit.ts`. */
export class DecayingSums {
  /** Samples so far, decayed: their weight, and their means. */
  weight = 0
  units = 0
  seconds = 0
  /** Decayed sums of the squared deviations, of the products of both, and their weight. */
  #squares = 0
  #products = 0
  #slopes = 0

  /** Never negative. */
  get squares(): number {
    return this.#squares
  }

  get products(): number {
    return this.#products
  }

  /** A sample that weighs `share`. The means are those of about the last `window` samples. */
  add(units: number, seconds: number, share: number, window: number): void {
    this.weight = this.weight * (1 - 1 / window) + share
    const step = share / this.weight
    const off = units - this.units
    this.units = mix(this.units, units, step)
    this.seconds = mix(this.seconds, seconds, step)
    const news = this.#newsOf(off)
    const kept = 1 - news / window
    this.#slopes = this.#slopes * kept + share * news
    // Where all samples have the same size, rounding may take the mean past it.
    const square = Math.max(0, share * off * (units - this.units))
    this.#squares = this.#squares * kept + square
    this.#products = this.#products * kept + share * off * (seconds - this.seconds)
  }

  /** How much a sample so far from the mean tells of the slope: 1 if as much as usual, or more. */
  #newsOf(off: number): number {
    const square = off ** 2
    const usual = this.#slopes > 0 ? this.#squares / this.#slopes : 0
    return square < usual ? square / usual : Math.sign(square)
  }
}

/**
 * The mean with a value that weighs `share` of it, from 0 to 1. Unlike `mean + share × (value −
 * mean)` it is between the two also where one is so much greater that their difference is rounded.
 */
export function mix(mean: number, value: number, share: number): number {
  return (1 - share) * mean + share * value
}
