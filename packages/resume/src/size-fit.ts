/** What requests of one class take by their size. */
import { mix, RecentMean } from '@resumelb/common'
import { guessedGrowth, knownPart, lineReach, maxUnits, type Skill } from '@resumelb/protocol'
import { DecayingSums, matureWeight } from './decaying-sums.ts'
import { maxPerUnit, WaitFit } from './wait-fit.ts'

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

/** What is assumed of a class before its own requests tell anything. */
type Assumed = Pick<Skill, 'perUnit' | 'perUnitAhead'>

/** The line of a saved skill, and how far it is known. */
type Saved = SizeLine & Required<Pick<Skill, 'rest' | 'units' | 'spread'>>

/**
 * Least squares with exponentially decaying weights, in a few numbers and O(1) for each request.
 *
 * Samples are weighted by 1 ÷ expected time, because long times scatter more. Residuals are clipped
 * as in Huber's estimator (P. Huber, 1964), so that an outlier moves the line only a little; but
 * not where the line is extrapolated, and may be wrong itself. The means decay with every request,
 * the slope only as far as a request tells something of it: a class whose requests have all the
 * same size for a while keeps the slope that it had.
 *
 * What a request waits in the application behind others is the second slope of the fit, over the
 * units of these. It is not part of the line. Pure.
 */
export class SizeFit {
  /** Samples so far: seconds without the wait. */
  readonly #sums = new DecayingSums()
  readonly #wait: WaitFit
  /** Mean residual. */
  #scatter = 0
  readonly #rest = new RecentMean()
  /** The slope as far as the samples do not tell it; undefined for a line through 0. */
  readonly #slope: number | undefined
  /** What was saved, until the first request. */
  #restored: Saved | undefined

  constructor({ perUnit, perUnitAhead }: Assumed = {}) {
    this.#slope = perUnit
    this.#wait = new WaitFit(perUnitAhead)
  }

  /** The fit of another class of the same worker, of which nothing else is known. */
  forOther(): SizeFit {
    const { perUnitAhead } = this
    const isKnown = this.isMature && this.spread > this.units
    return new SizeFit(isKnown ? { perUnit: this.perUnit, perUnitAhead } : { perUnitAhead })
  }

  /** Starts with the line of a saved skill; undefined if it has none. */
  static restore(saved: Partial<Skill>): SizeFit | undefined {
    const { fixed, perUnit, rest = 0, units = 0, spread = 0 } = saved
    if (fixed === undefined || perUnit === undefined) return undefined
    const fit = new SizeFit(saved)
    fit.#restored = { fixed, perUnit, rest, units, spread: Math.min(spread, maxUnits) }
    return fit
  }

  get perUnit(): number {
    if (this.#restored !== undefined) return this.#restored.perUnit
    const { units, seconds, squares, products } = this.#sums
    if (units < leastUnits) return this.#slope ?? 0
    // Steeper, the line would expect negative times of small requests.
    const through0 = seconds / units
    const weight = slopeWeight * units ** 2
    const assumed = weight * (this.#slope ?? through0)
    const slope = (products + assumed) / (squares + weight)
    return Math.min(Math.max(slope, 0), through0, maxPerUnit)
  }

  get fixed(): number {
    if (this.#restored !== undefined) return this.#restored.fixed
    return Math.max(0, this.#sums.seconds - this.perUnit * this.units)
  }

  /** Mean units of the requests so far. */
  get units(): number {
    return this.#restored?.units ?? this.#sums.units
  }

  /** How far from these the line is half known. */
  get spread(): number {
    if (this.#restored !== undefined) return this.#restored.spread
    return Math.min(maxUnits, lineReach * Math.sqrt(this.#sums.squares))
  }

  /** Seconds that a request waits for each unit of those before it. */
  get perUnitAhead(): number {
    return this.#wait.perUnit
  }

  /** Mean seconds after the first byte. */
  get rest(): number {
    return this.#restored?.rest ?? this.#rest.value
  }

  /** Mean difference between expected and measured times, without what outliers exceed it by. */
  get scatter(): number {
    return this.#scatter
  }

  /** Whether it has seen enough to tell outliers from others. */
  get isMature(): boolean {
    return this.#sums.weight >= matureWeight
  }

  /** Expected seconds without a wait, to the first byte where the answer streams. */
  expect(units: number): number {
    const line = this.fixed + this.perUnit * units
    const beyond = units - this.units
    if (beyond <= 0 || this.#slope !== undefined) return line
    const guessed = (1 - knownPart(this.spread, beyond)) * (1 - guessedGrowth(units, this.units))
    return line - guessed * this.perUnit * beyond
  }

  /** Of the expected seconds, those for which requests that come later have to wait. */
  expectServing(units: number): number {
    return Math.min(this.expect(units), this.perUnitAhead * units)
  }

  /** Expected wait behind so many units of others. */
  expectWait(ahead: number): number {
    return this.#wait.expect(ahead)
  }

  /**
   * A request with so many uncached units took `given` seconds, to the first byte of its body or,
   * without a stream, to its end; and `rest` after that. When it came, `ahead` units of others had
   * still to be computed. The means are those of about the last `window` requests.
   */
  add(units: number, given: number, rest: number, window: number, ahead = 0): void {
    if (this.#restored !== undefined) this.#startFrom(this.#restored, units, window)
    const seconds = Math.max(given, shortestService)
    const isFirst = this.#sums.weight === 0
    const waited = this.#wait.expect(ahead)
    const expected = isFirst ? seconds : this.expect(units) + waited
    const scale = isFirst ? seconds : Math.max(expected, leastPart * this.#sums.seconds)
    const sure = isFirst ? 1 : this.#wait.knownAt(ahead)
    const known = sure * knownPart(this.spread, units - this.units)
    const residual = clipped(seconds - expected, this.#boundOf(scale), known)
    const share = isFirst ? 1 : this.#sums.seconds / scale
    // Beside a very long expected time a short measured one would be rounded to nothing.
    const measured = Math.max(expected + residual, shortestService)
    const own = measured - (this.expect(units) - this.expect(this.units))
    // A first wait says what waiting takes, not what the request takes.
    const part = share * sure
    const unhindered = Math.max(measured - waited, shortestService)
    if (part > 0) this.#sums.add(units, unhindered, part, window)
    this.#wait.add(ahead, isFirst ? measured : own, share, window)
    this.#rest.add(rest, window, this.#rest.value + this.#sums.seconds)
    this.#learnScatter(seconds - expected, scale, known)
  }

  /** Where nothing is known of such a request, it says nothing of how much times scatter. */
  #learnScatter(residual: number, scale: number, known: number): void {
    // More than counts in the line, so that a change is believed after a few requests.
    const counted = clipped(residual, 2 * this.#boundOf(scale), known)
    const weight = Math.max(scatterWeight, 1 / Math.max(1, this.#sums.weight))
    this.#scatter = mix(this.#scatter, Math.abs(counted), known * weight)
  }

  /** The residual that counts at most where the line and the wait are known. */
  #boundOf(scale: number): number {
    if (!this.#sums.isRenewed) return Number.POSITIVE_INFINITY
    return Math.max(clip.scatters * this.#scatter, clip.part * scale)
  }

  /** A saved line counts as some requests of the size of the first one. */
  #startFrom({ fixed, perUnit, rest, spread }: Saved, units: number, window: number): void {
    this.#restored = undefined
    // A line through 0 expects nothing of a request that is wholly warm.
    const seconds = Math.max(fixed + perUnit * units, shortestService)
    this.#sums.start({ units, seconds, weight: restoredWeight })
    this.#sums.keepSlope(perUnit, (spread / lineReach) ** 2)
    for (let i = 0; i < restoredWeight; i++) this.#rest.add(rest, window, 0)
  }
}

/** A residual without what exceeds the bound, as far as is `known`, from 0 to 1. */
function clipped(residual: number, bound: number, known: number): number {
  return mix(residual, Math.min(Math.max(residual, -bound), bound), known)
}
