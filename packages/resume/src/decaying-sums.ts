/** The sums of a line that is fitted to decaying samples. Pure. */
import { mix, Renewed } from '@resumelb/common'

/** Weight of the samples from which on outliers are told from others. */
export const matureWeight = 8

/**
 * One sample changes what is expected at a usual distance from the mean by at most this part of the
 * mean, and what was known before by this one.
 */
const maxInfluence = 0.5
const maxKept = 0.1

/** How far the slope stays known while sizes are closer together, in mean sizes, squared. */
const keptReach = 1000

/**
 * Least squares of seconds over units; see `size-fit.ts`. One sample counts only so much, however
 * far from the others it is: it is drawn towards the mean until it neither doubles the means nor
 * changes the line by more than {@link maxInfluence}, as in regression with bounded influence
 * (W. Krasker and R. Welsch, 1982). And no sample counts for more than about two windows.
 */
export class DecayingSums {
  readonly #sums = new Renewed(() => new Sums())
  #isRenewed = false

  /** Samples so far, decayed: their weight, and their means. */
  get weight(): number {
    return this.#sums.current.weight
  }

  get units(): number {
    return this.#sums.current.units
  }

  get seconds(): number {
    return this.#sums.current.seconds
  }

  /** Decayed sum of the squared deviations of the units. Never negative. */
  get squares(): number {
    return this.#sums.current.squares
  }

  /** Decayed sum of the products of both deviations. */
  get products(): number {
    return this.#sums.current.products
  }

  /** Whether the first samples do not count any longer: they may all have been unusual. */
  get isRenewed(): boolean {
    return this.#isRenewed
  }

  /** Begins with these means, as of samples of so much weight. */
  start(means: Pick<Sums, 'units' | 'seconds' | 'weight'>): void {
    Object.assign(this.#sums.current, means)
    this.#isRenewed = true
  }

  /** Begins with a slope that is known as from samples with this sum of squares. */
  keepSlope(slope: number, squares: number): void {
    this.#sums.current.keepSlope(slope, squares)
  }

  /** A sample that weighs `share`. The means are those of about the last `window` samples. */
  add(units: number, seconds: number, share: number, window: number): void {
    const { current, younger } = this.#sums
    const part = current.countedPart(units, seconds, share)
    const nearer = part === 1 ? units : mix(current.units, units, part)
    const less = part === 1 ? seconds : mix(current.seconds, seconds, part)
    current.add(nearer, less, share, window)
    younger?.add(nearer, less, share, window)
    const older = this.#sums.added(window)
    if (older === undefined) return
    this.#sums.current.keepSlopeOf(older)
    this.#isRenewed = true
  }
}

class Sums {
  weight = 0
  units = 0
  seconds = 0
  squares = 0
  products = 0
  /** Weight of the samples that the slope is known from. */
  #slopes = 0

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
    this.squares = this.squares * kept + square
    this.products = this.products * kept + share * off * (seconds - this.seconds)
  }

  /**
   * As far as these samples do not tell the slope, it is that of older ones: they
   * change little of what these say, and reach no farther than about {@link keptReach}.
   */
  keepSlopeOf(older: Sums): void {
    if (older.squares === 0) return
    const usual = Math.max(this.units, older.units) ** 2
    const missing = Math.min(older.squares, keptReach * usual) - this.squares
    const slope = older.products / older.squares
    this.keepSlope(slope, Math.min(missing, this.#maxSquare(slope, maxKept)))
  }

  keepSlope(slope: number, squares: number): void {
    if (!(squares > 0)) return
    this.squares += squares
    this.products += squares * slope
    this.#slopes += 1
  }

  /** How far from the mean towards a sample it counts, from 0 to 1. */
  countedPart(units: number, seconds: number, share: number): number {
    if (this.weight < matureWeight) return 1
    const [off, more] = [units - this.units, seconds - this.seconds]
    const step = share / (this.weight + share)
    const part = Math.min(doubling(this.seconds, step * more), doubling(this.units, step * off))
    const square = share * off ** 2
    const most = off === 0 ? square : this.#maxSquare(more / off, maxInfluence)
    return square > most ? Math.min(part, Math.sqrt(most / square)) : part
  }

  /**
   * How much a sample on a line of this slope may weigh beside the sum of squares, to change what
   * is expected by so much.
   */
  #maxSquare(slope: number, influence: number): number {
    const usual = Math.sqrt(this.squares / this.weight)
    const most = (influence * Math.abs(this.seconds)) / usual
    const change = Math.abs(slope - this.products / this.squares)
    return change > most ? (this.squares * most) / (change - most) : Number.POSITIVE_INFINITY
  }

  /** How much a sample so far from the mean tells of the slope: 1 if as much as usual, or more. */
  #newsOf(off: number): number {
    const square = off ** 2
    const usual = this.#slopes > 0 ? this.squares / this.#slopes : 0
    return square < usual ? square / usual : Math.sign(square)
  }
}

/** The part of a change that doubles the mean, or 1 if it is less or there is no mean yet. */
function doubling(mean: number, change: number): number {
  return mean > 0 && change > mean ? mean / change : 1
}
