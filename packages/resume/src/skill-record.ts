/** How fast a worker has been lately at one request class: both memories of it. */
import type { RequestClass, Skill } from '@resumelb/protocol'
import type { ResolvedResumeOptions } from './options.ts'

/**
 * The shortest service time that is believed, in seconds. What clocks cannot tell from nothing
 * must not make a score infinite.
 */
const shortestService = 1e-6

/** How the memories fade: derived from the options once, used for every request. */
export interface Fading {
  /** What a request of any class leaves of a score's count and time. */
  readonly score: number
  /** What a request of any class leaves of a count. */
  readonly count: number
  readonly window: number
  readonly rateTau: number
}

export function fadingOf(options: ResolvedResumeOptions): Fading {
  return {
    score: 1 - 1 / options.history,
    count: 1 - 1 / options.recency,
    window: options.window,
    rateTau: options.rateTau,
  }
}

/** A saved skill. The original's files have scores only. */
export type SavedSkill = Pick<Skill, 'score'> & Partial<Skill>

/**
 * One request class in a résumé. The age of a class is counted in requests of any class: the
 * generation is how many the worker has served.
 */
export class SkillRecord {
  readonly requestClass: RequestClass
  /** Neighbours in the order of last use; kept by the keeper's list. */
  older: SkillRecord | undefined = undefined
  newer: SkillRecord | undefined = undefined
  /** Generation and second of the last request; the sums below are as of then. */
  generation: number
  #at: number
  /** Requests and seconds of service, both faded by {@link Fading.score}. */
  #scoreCount = 0
  #scoreTime = 0
  #seconds = 0
  #count = 0
  #rate = 0

  constructor(requestClass: RequestClass, generation: number, now: number) {
    this.requestClass = requestClass
    this.generation = generation
    this.#at = now
  }

  /** A saved skill counts as `history` requests at its speed. */
  static restore(
    requestClass: RequestClass,
    saved: SavedSkill,
    from: { readonly history: number; readonly generation: number; readonly now: number },
  ): SkillRecord {
    const record = new SkillRecord(requestClass, from.generation, from.now)
    record.#scoreCount = from.history
    record.#scoreTime = from.history / saved.score
    record.#seconds = saved.seconds ?? 1 / saved.score
    record.#count = saved.count ?? 1
    return record
  }

  /** Mean service time in seconds over the last `window` requests or so. */
  get seconds(): number {
    return this.#seconds
  }

  /** Takes in a request that was served in `given` seconds. */
  add(given: number, generation: number, now: number, fading: Fading): void {
    const seconds = Math.max(given, shortestService)
    const age = generation - this.generation
    const kept = power(fading.score, age)
    this.#scoreCount = this.#scoreCount * kept + 1
    this.#scoreTime = this.#scoreTime * kept + seconds
    this.#count = this.countAt(generation, fading) + 1
    // A plain mean at first, an exponential one from `window` requests on.
    this.#seconds += ((seconds - this.#seconds) * 2) / (Math.min(this.#count, fading.window) + 1)
    this.#rate = this.#rateAt(now, fading) + 1 / fading.rateTau
    this.generation = generation
    this.#at = now
  }

  /** The count as it has faded by then. */
  countAt(generation: number, fading: Fading): number {
    return this.#count * power(fading.count, generation - this.generation)
  }

  /** What to tell of this record. The score does not fade: its count and time fade alike. */
  skill(generation: number, now: number, fading: Fading): Skill {
    return {
      score: this.#scoreCount / this.#scoreTime,
      seconds: this.#seconds,
      count: this.countAt(generation, fading),
      rate: this.#rateAt(now, fading),
    }
  }

  #rateAt(now: number, fading: Fading): number {
    if (now === this.#at) return this.#rate
    return this.#rate * Math.exp((this.#at - now) / fading.rateTau)
  }
}

/** `base ** exponent`, without the long way for the ages that are most frequent. */
function power(base: number, exponent: number): number {
  if (exponent === 0) return 1
  return exponent === 1 ? base : base ** exponent
}
