/** Learns what requests with a size cost, and how deep the application is warm in chains. Pure. */
import { ExtremeFits } from './extreme-fits.ts'
import { type ServedRequest, uncachedUnits } from './served-request.ts'
import { SizeFit } from './size-fit.ts'
import type { SkillRecord } from './skill-record.ts'
import { WarmLinks } from './warm-links.ts'

export class SizeLearner {
  /** How deep the application is warm in chains. */
  readonly warm: WarmLinks
  #meanFit: SizeFit | undefined

  /** Chains are remembered by up to so many links. */
  constructor(maxWarmLinks: number) {
    this.warm = new WarmLinks(maxWarmLinks)
  }

  /** What requests with a size take, over all classes; undefined before the first of them. */
  get meanFit(): SizeFit | undefined {
    return this.#meanFit
  }

  /**
   * Learns what the size of a request of the record's class has cost, and what must have been warm
   * for that. `window` is the number of requests that weigh. Returns the fit of the class.
   */
  learn(record: SkillRecord, served: ServedRequest, window: number): SizeFit {
    this.#meanFit ??= new SizeFit()
    record.fit ??= this.#meanFit.forOther()
    const { seconds, ahead = 0 } = served
    const first = Math.min(served.firstSeconds ?? seconds, seconds)
    const unhindered = Math.max(0, first - record.fit.expectWait(ahead))
    const units = uncachedUnits(served, this.#learnDepth(record, served, unhindered, window))
    for (const fit of [record.fit, this.#meanFit]) {
      fit.add(units, first, seconds - first, window, ahead)
    }
    return record.fit
  }

  /** Learns what is warm; returns how deep the request was. */
  #learnDepth(record: SkillRecord, served: ServedRequest, seconds: number, window: number): number {
    const { chain = [], depth: told } = served
    if (chain.length === 0) return 0
    const reach = served.reach ?? this.warm.reachOf(chain)
    const depth = told ?? depthAt(reach, this.warm.capacity)
    this.warm.touch(chain)
    if (told !== undefined) {
      this.warm.learn(reach, (each) => Math.abs(each - told) / chain.length)
      return depth
    }
    record.extremes ??= new ExtremeFits()
    const fit = record.extremes.better(record.fit as SizeFit)
    const unit = Math.max(fit.perUnit * uncachedUnits(served, 0), fit.scatter)
    if (fit.isMature && unit > 0) {
      this.warm.learn(reach, (each) => {
        const off = Math.abs(seconds - fit.expect(uncachedUnits(served, each)))
        return Math.min(1, off / unit)
      })
    }
    record.extremes.add(
      uncachedUnits(served, 0),
      uncachedUnits(served, reach.length),
      seconds,
      window,
    )
    return depth
  }
}

/** How many leading links are warm in an application that keeps so many. */
function depthAt(reach: readonly number[], capacity: number): number {
  const depth = reach.findIndex((each) => each > capacity)
  return depth === -1 ? reach.length : depth
}
