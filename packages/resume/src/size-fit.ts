/** What requests of one class take by their size. */
import type { Skill } from '@resumelb/protocol'

/**
 * Minimum service time in seconds. A time below the resolution of the clock must not make a score
 * infinite, or a weight.
 */
export const shortestService = 1e-6

/** The line of a fit: seconds = `fixed` + `perUnit` × uncached units. */
export interface SizeLine {
  readonly fixed: number
  readonly perUnit: number
}

/** Weight of the samples from which on outliers are told from others. */
const matureWeight = 8

/** A residual counts up to so many times the mean residual, or this part of the expected time. */
const clip = { scatters: 4, part: 0.5 } as const

/** Maximum weight of one residual in the mean residual, once there are many. */
const scatterWeight = 1 / 16

/** Times below this part of the mean are treated as this part. */
const leastPart = 0.1

/** Smaller sizes are no size. */
const leastUnits = 1e-9

/** How much the assumed slope counts beside the samples, in squares of the mean size. */
const slopeWeight = 0.1

/** Samples as which a line counts that was kept across a restart. */
const restoredWeight = 8

/**
 * Least squares with exponentially decaying weights, in a few numbers and O(1) for each request.
 *
 * Samples are weighted by 1 ÷ expected time, because long times scatter more. Residuals are clipped
 * as in Huber's estimator (P. Huber, 1964), so that an outlier moves the line only a little. The
 * means decay with every request, the slope only as far as a request tells something of it: a class
 * whose requests have all the same size for a while keeps the slope that it had. Pure.
 */
export class SizeFit {
  /** Samples so far, decayed: their weight, and their means. */
  #weight = 0
  #units = 0
  #seconds = 0
  /** Decayed sums of the squared deviations, of the products of both, and their weight. */
  #squares = 0
  #products = 0
  #slopes = 0
  /** Mean residual. */
  #scatter = 0
  #rest = 0
  /** The slope as far as the samples do not tell it; undefined for a line through 0. */
  readonly #slope: number | undefined
  #restored: SizeLine | undefined

  /** `slope`: seconds per unit that are assumed at first, such as those of other classes. */
  constructor(slope?: number) {
    this.#slope = slope
  }

  /** Starts with the line of a saved skill; undefined if it has none. */
  static restore({ fixed, perUnit, rest = 0 }: Partial<Skill>): SizeFit | undefined {
    if (fixed === undefined || perUnit === undefined) return undefined
    const fit = new SizeFit(perUnit)
    fit.#restored = { fixed, perUnit }
    fit.#rest = rest
    return fit
  }

  get perUnit(): number {
    if (this.#restored !== undefined) return this.#restored.perUnit
    if (this.#units < leastUnits) return this.#slope ?? 0
    // Steeper, the line would expect negative times of small requests.
    const through0 = this.#seconds / this.#units
    const weight = slopeWeight * this.#units ** 2
    const assumed = weight * (this.#slope ?? through0)
    const slope = (this.#products + assumed) / (this.#squares + weight)
    return Math.min(Math.max(slope, 0), through0)
  }

  get fixed(): number {
    if (this.#restored !== undefined) return this.#restored.fixed
    return Math.max(0, this.#seconds - this.perUnit * this.#units)
  }

  /** Mean seconds after the first byte. */
  get rest(): number {
    return this.#rest
  }

  /** Mean difference between expected and measured times, without what outliers exceed it by. */
  get scatter(): number {
    return this.#scatter
  }

  /** Whether it has seen enough to tell outliers from others. */
  get isMature(): boolean {
    return this.#weight >= matureWeight
  }

  /** Expected seconds, to the first byte where the answer streams. */
  expect(units: number): number {
    return this.fixed + this.perUnit * units
  }

  /**
   * A request with so many uncached units took `given` seconds, to the first byte of its body or,
   * without a stream, to its end; and `rest` after that. The means are those of about the last
   * `window` requests.
   */
  add(units: number, given: number, rest: number, window: number): void {
    if (this.#restored !== undefined) this.#startFrom(this.#restored, units)
    const seconds = Math.max(given, shortestService)
    const isFirst = this.#weight === 0
    const expected = isFirst ? seconds : this.expect(units)
    const scale = isFirst ? seconds : Math.max(expected, leastPart * this.#seconds)
    const bound = Math.max(clip.scatters * this.#scatter, clip.part * scale)
    const residual = seconds - expected
    const clipped = this.isMature ? Math.min(Math.max(residual, -bound), bound) : residual
    const share = isFirst ? 1 : this.#seconds / scale
    // Beside a very long expected time a short measured one would be rounded to nothing.
    this.#move(units, Math.max(expected + clipped, shortestService), share, window)
    const count = Math.max(1, Math.min(this.#weight, window))
    this.#rest = mix(this.#rest, rest, 1 / count)
    this.#scatter = mix(this.#scatter, Math.abs(clipped), Math.max(scatterWeight, 1 / count))
  }

  #move(units: number, seconds: number, share: number, window: number): void {
    this.#weight = this.#weight * (1 - 1 / window) + share
    const step = share / this.#weight
    const unitsOff = units - this.#units
    this.#units = mix(this.#units, units, step)
    this.#seconds = mix(this.#seconds, seconds, step)
    const square = unitsOff ** 2
    const usual = this.#slopes > 0 ? this.#squares / this.#slopes : 0
    const news = square < usual ? square / usual : Math.sign(square)
    const kept = 1 - news / window
    this.#slopes = this.#slopes * kept + share * news
    this.#squares = this.#squares * kept + share * unitsOff * (units - this.#units)
    this.#products = this.#products * kept + share * unitsOff * (seconds - this.#seconds)
  }

  /** A saved line counts as some requests of the size of the first one. */
  #startFrom(line: SizeLine, units: number): void {
    this.#restored = undefined
    this.#weight = restoredWeight
    this.#units = units
    // A line through 0 expects nothing of a request that is wholly warm.
    this.#seconds = Math.max(line.fixed + line.perUnit * units, shortestService)
  }
}

/**
 * The mean with a value that weighs `share` of it, from 0 to 1. Unlike `mean + share × (value −
 * mean)` it is between the two also where one is so much greater that their difference is rounded.
 */
function mix(mean: number, value: number, share: number): number {
  return (1 - share) * mean + share * value
}
