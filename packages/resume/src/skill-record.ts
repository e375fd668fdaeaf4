/** The recent performance of a worker for one request class. */
import { mostMeans } from '@resumelb/common'
import {
  maxMeasure,
  maxRate,
  maxSeconds,
  minScore,
  type RequestClass,
  type Skill,
} from '@resumelb/protocol'
import type { ExtremeFits } from './extreme-fits.ts'
import type { ResolvedResumeOptions } from './options.ts'
import { SizeFit, shortestService } from './size-fit.ts'

/** Factors of decay: derived from the options once, used for every request. */
export interface Fading {
  /** Factor per request of any class for the count and time of a score. */
  readonly score: number
  /** Factor per request of any class for a count. */
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

/** Requests of a class from which on its mean tells which ones are unusual. */
const matureCount = 8

/** A saved skill. The files of zc.resumelb have only scores. */
export type SavedSkill = Pick<Skill, 'score'> & Partial<Skill>

/**
 * One request class in a résumé. The age of a class is counted in requests of any class: the
 * generation is the number of requests that the worker has served.
 */
export class SkillRecord {
  readonly requestClass: RequestClass
  /** Links of the order of last use; changed only by the keeper's list. */
  older: SkillRecord | undefined = undefined
  newer: SkillRecord | undefined = undefined
  /** Present once a request has told its size; changed only by the keeper. */
  fit: SizeFit | undefined = undefined
  /** Present once one has told its chain, too. */
  extremes: ExtremeFits | undefined = undefined
  /** The spread of the fit as it was told last. */
  toldSpread = 0
  /** Generation and second of the last request; the sums below are as of then. */
  generation: number
  #at: number
  /** Requests and seconds of service, both decayed by {@link Fading.score}. */
  #scoreCount = 0
  #scoreTime = 0
  #seconds = 0
  #count = 0
  #rate = 0
  /** Requests since the process started, or since its caches were lost: 0, 1 or more. */
  #served: 0 | 1 | 2 = 0

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
    record.fit = SizeFit.restore(saved)
    return record
  }

  /** Mean service time in seconds over about the last `window` requests. */
  get seconds(): number {
    return this.#seconds
  }

  /** Whether a request was served since the start, so that the caches have what it needed. */
  get isWarm(): boolean {
    return this.#served > 0
  }

  /** Nothing more is to be learned from it of what loading the class takes. */
  get isSettled(): boolean {
    return this.#served === 2
  }

  /** The caches were filled otherwise than by a request that was measured. */
  setWarm(): void {
    this.#served = 2
  }

  /** What was loaded into the caches is lost. */
  setCold(): void {
    this.#served = 0
  }

  /**
   * The part that a warm request is of a warm and a cold one together, if this is to be known from
   * one that has taken so many seconds and is about to be recorded: it is the second after the
   * first, or the first after others before the start.
   */
  warmPart(seconds: number): number | undefined {
    const before = this.#seconds
    if (before === 0 || this.isSettled) return undefined
    return (this.#served === 1 ? seconds : before) / (seconds + before)
  }

  /** Records a request that was served in `given` seconds. */
  add(given: number, generation: number, now: number, fading: Fading): void {
    const seconds = this.#counted(Math.max(given, shortestService))
    this.#served = this.#seconds === 0 ? 1 : 2
    const age = generation - this.generation
    const kept = power(fading.score, age)
    this.#scoreCount = this.#scoreCount * kept + 1
    this.#scoreTime = this.#scoreTime * kept + seconds
    this.#count = this.countAt(generation, fading) + 1
    // A plain mean at first, an exponential one after `window` requests.
    this.#seconds += ((seconds - this.#seconds) * 2) / (Math.min(this.#count, fading.window) + 1)
    this.#rate = this.#rateAt(now, fading) + 1 / fading.rateTau
    this.generation = generation
    this.#at = now
  }

  /** What counts of the time, once enough are known. */
  #counted(seconds: number): number {
    return this.#count < matureCount ? seconds : Math.min(seconds, mostMeans * this.#seconds)
  }

  /** The count, decayed until then. */
  countAt(generation: number, fading: Fading): number {
    return this.#count * power(fading.count, generation - this.generation)
  }

  /** The skill to report. The score does not decay, because its count and time decay alike. */
  skill(generation: number, now: number, fading: Fading): Skill {
    const score = this.#scoreCount / this.#scoreTime
    const seconds = this.#seconds
    const count = this.countAt(generation, fading)
    const rate = this.#rateAt(now, fading)
    const { fit } = this
    if (fit === undefined) return { score, seconds, count, rate }
    const { fixed, perUnit, rest, units, spread, perUnitAhead } = fit
    const line = { fixed, perUnit, units, spread, perUnitAhead }
    if (rest === 0) return { score, seconds, count, rate, ...line }
    return { score, seconds, count, rate, ...line, rest }
  }

  #rateAt(now: number, fading: Fading): number {
    if (now === this.#at) return this.#rate
    return this.#rate * Math.exp((this.#at - now) / fading.rateTau)
  }
}

/** Whether the numbers of a saved skill can be. */
export function isPossible(skill: SavedSkill): boolean {
  const { score, seconds = 1, count = 1, fixed = 0, perUnit = 0, rest = 0 } = skill
  const { units = 0, spread = 0, perUnitAhead = 0 } = skill
  const measures = [count, perUnit, units, spread, perUnitAhead]
  return (
    score >= minScore &&
    score <= maxRate &&
    [seconds, count].every((value) => value > 0) &&
    [seconds, fixed, rest].every((value) => value >= 0 && value <= maxSeconds) &&
    measures.every((value) => value >= 0 && value <= maxMeasure)
  )
}

/** `base ** exponent`, with a shortcut for the most frequent ages. */
function power(base: number, exponent: number): number {
  if (exponent === 0) return 1
  return exponent === 1 ? base : base ** exponent
}
