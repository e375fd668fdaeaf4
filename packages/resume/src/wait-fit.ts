/** What requests wait in an application behind those that came before. Pure. */
import { knownPart, lineReach } from '@resumelb/protocol'
import { DecayingSums } from './decaying-sums.ts'

/** How much the assumed slope counts beside the samples, in squares of the mean. */
const assumedWeight = 0.01

/** Maximum seconds for each unit: a day. */
export const maxPerUnit = 86_400

/** The slope of times over the units of other requests that had to be computed before. */
export class WaitFit {
  readonly #sums = new DecayingSums()
  readonly #assumed: number

  constructor(assumed = 0) {
    this.#assumed = assumed
  }

  /** Seconds for each unit of the others. */
  get perUnit(): number {
    const { units: ahead, products, squares } = this.#sums
    const weight = assumedWeight * ahead ** 2
    if (squares + weight === 0) return this.#assumed
    const slope = (products + weight * this.#assumed) / (squares + weight)
    return Math.min(Math.max(0, slope), maxPerUnit)
  }

  /** Expected wait behind so many units, in seconds. */
  expect(ahead: number): number {
    return ahead === 0 ? 0 : this.perUnit * ahead
  }

  /** How much of it is known, from 0 to 1. */
  knownAt(ahead: number): number {
    const { units, squares } = this.#sums
    return knownPart(lineReach * Math.sqrt(squares), ahead - units)
  }

  /** A request that came when so many units were ahead took `seconds`, as one of mean size. */
  add(ahead: number, seconds: number, share: number, window: number): void {
    this.#sums.add(ahead, seconds, share, window)
  }
}
