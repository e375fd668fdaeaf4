/** What requests of a class take by their size, at one worker and at all. Times are in seconds. */
import { Renewed } from '@resumelb/common'
import { guessedGrowth, knownPart, lineReach } from '@resumelb/protocol'

/** Reports over which the means over all workers are taken. */
const reportWindow = 20

/** Lines count as known so far from the mean size at most, in mean sizes, beside others. */
const maxSpread = 1000

/** Maximum seconds of a request, and of one unit of it. Longer ones are taken for this. */
export const maxSeconds = 86_400

/** Seconds = `fixed` + `perUnit` × uncached units, and `rest` after the first byte. */
export interface SizeLine {
  fixed: number
  perUnit: number
  rest: number
  /** What a request waits at the application for each unit that is computed before it. */
  perUnitAhead: number
}

/** What a worker has said, after so many requests of the class (fading), and when. */
export interface ReportedLine extends Readonly<SizeLine> {
  /** Mean size of the requests, what these take, and how far from it the line is half known. */
  readonly units: number
  readonly seconds: number
  readonly spread: number
  readonly count: number
  readonly at: number
}

/**
 * The line through what all workers say: as in one fit to the requests of all, slopes come from
 * what each of them has seen of different sizes, and from the differences between them. What was
 * said before the last two windows of reports does not count.
 */
export class MeanLine {
  reports = 0
  readonly #means = new Renewed(() => new Means())

  get units(): number {
    return this.#means.current.units
  }

  get rest(): number {
    return this.#means.current.rest
  }

  get perUnitAhead(): number {
    return this.#means.current.perUnitAhead
  }

  /** Mean slowness of the workers that have said this: that of one of which nothing is known. */
  get slowness(): number {
    return this.#means.current.slowness
  }

  /** How far from the mean size the slope is half known. */
  get spread(): number {
    return lineReach * Math.sqrt(this.#means.current.squares)
  }

  /** A worker has said this, on which requests take `slowness` times as long as usual. */
  add(line: ReportedLine, slowness: number): void {
    this.reports++
    const { current, younger } = this.#means
    current.add(line, slowness)
    younger?.add(line, slowness)
    this.#means.added(reportWindow)
  }

  /**
   * Seconds per unit to reckon with for a request of so many units. `guess` is what is expected as
   * far as no worker has served such sizes.
   */
  slopeFor(units: number, guess: number = this.#guess(units)): number {
    const { squares, products } = this.#means.current
    if (squares === 0) return guess
    const known = knownPart(this.spread, units - this.units)
    const slope = Math.min(Math.max(0, products / squares), maxSeconds)
    return guess + known * (slope - guess)
  }

  /** Seconds of a request without units if each unit takes so long. */
  fixedWith(perUnit: number): number {
    return Math.max(0, this.#means.current.seconds - perUnit * this.units)
  }

  /** Expected seconds of a request of so many units. */
  expect(units: number): number {
    const perUnit = this.slopeFor(units)
    return this.fixedWith(perUnit) + perUnit * units
  }

  #guess(units: number): number {
    const { units: usual, seconds } = this.#means.current
    if (usual === 0) return 0
    // The mean size may be so small that the quotient is infinite.
    return Math.min(seconds / usual, maxSeconds) * guessedGrowth(units, usual)
  }
}

class Means {
  units = 0
  seconds = 0
  rest = 0
  perUnitAhead = 0
  slowness = 1
  /** Of the squared deviations of sizes, and of the products with those of times. */
  squares = 0
  products = 0
  #reports = 0

  add(line: ReportedLine, slowness: number): void {
    this.#reports++
    const weight = Math.max(1 / reportWindow, 1 / this.#reports)
    const seconds = line.seconds / slowness
    const off = line.units - this.units
    this.units += weight * off
    this.seconds += weight * (seconds - this.seconds)
    this.rest += weight * (line.rest / slowness - this.rest)
    this.perUnitAhead += weight * (line.perUnitAhead / slowness - this.perUnitAhead)
    this.slowness += weight * (slowness - this.slowness)
    const within = (Math.min(line.spread, maxSpread * Math.max(line.units, 1)) / lineReach) ** 2
    const square = within + off * (line.units - this.units)
    const product = (within * line.perUnit) / slowness + off * (seconds - this.seconds)
    this.squares += weight * (square - this.squares)
    this.products += weight * (product - this.products)
  }
}
