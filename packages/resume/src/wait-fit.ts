/** What requests wait in an application behind those that came before. Pure. */
import { knownPart, lineReach } from '@resumelb/protocol'
import { mix, newsOf } from './decaying-sums.ts'

/** How much the assumed slope counts beside the samples, in squares of the mean. */
const assumedWeight = 0.01

/** Maximum seconds for each unit: a day. */
export const maxPerUnit = 86_400

/** The slope of times over the units of other requests that had to be computed before. */
export class WaitFit {
  #weight = 0
  #ahead = 0
  #seconds = 0
  #squares = 0
  #products = 0
  #slopes = 0
  readonly #assumed: number

  constructor(assumed = 0) {
    this.#assumed = assumed
  }

  /** Seconds for each unit of the others. */
  get perUnit(): number {
    const weight = assumedWeight * this.#ahead ** 2
    const squares = this.#squares + weight
    if (squares === 0) return this.#assumed
    const slope = (this.#products + weight * this.#assumed) / squares
    return Math.min(Math.max(0, slope), maxPerUnit)
  }

  /** Expected wait behind so many units, in seconds. */
  expect(ahead: number): number {
    return ahead === 0 ? 0 : this.perUnit * ahead
  }

  /** How much of it is known, from 0 to 1. */
  knownAt(ahead: number): number {
    return knownPart(lineReach * Math.sqrt(this.#squares), ahead - this.#ahead)
  }

  /** A request that came when so many units were ahead took `seconds`, as one of mean size. */
  add(ahead: number, seconds: number, share: number, window: number): void {
    this.#weight = this.#weight * (1 - 1 / window) + share
    const step = share / this.#weight
    const off = ahead - this.#ahead
    this.#ahead = mix(this.#ahead, ahead, step)
    this.#seconds = mix(this.#seconds, seconds, step)
    const news = newsOf(off, this.#squares, this.#slopes)
    const kept = 1 - news / window
    this.#slopes = this.#slopes * kept + share * news
    this.#squares = this.#squares * kept + share * off * (ahead - this.#ahead)
    this.#products = this.#products * kept + share * off * (seconds - this.#seconds)
  }
}
