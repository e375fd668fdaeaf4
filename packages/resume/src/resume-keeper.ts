/** Keeps a worker's résumé: its skills, which ones to forget, and when to publish. */
import { withOneMore } from '@resumelb/common'
import type { RequestClass, Resume, ResumeChanges, Skill, WarmthSummary } from '@resumelb/protocol'
import { ExtremeFits } from './extreme-fits.ts'
import { LoadGain } from './load-gain.ts'
import { type ResolvedResumeOptions, type ResumeOptions, resolveResumeOptions } from './options.ts'
import { type RequestSize, type ServedRequest, uncachedUnits } from './served-request.ts'
import { SizeFit } from './size-fit.ts'
import { type Fading, fadingOf, isPossible, type SavedSkill, SkillRecord } from './skill-record.ts'
import { UnitsAhead } from './units-ahead.ts'
import { UsageList } from './usage-list.ts'
import { WarmLinks } from './warm-links.ts'

/** Minimum seconds between two publications, unless `history` requests come first. */
const publishPeriod = 1

/** The same for what load balancers should know soon: else each new class would be a frame. */
export const urgentPeriod = 0.05

/**
 * Records that are checked after each request for whether they have decayed. Two, because the class
 * just served adds one to the list while the check advances.
 */
const sweptPerRequest = 2

/** How many times as far as was told a line is known if load balancers are told at once. */
const widened = 2

/** Seconds in which load balancers learn that the worker has given a class up, with a margin. */
const givenUpSeconds = 1

/** Expected seconds of a request before any was served. */
const firstGuess = 0.01

/** No request is expected to take longer, in seconds: a day. */
const longestRequest = 86_400

/** Weight of one request in the mean over all classes. */
const meanWeight = 0.02

/**
 * A worker's résumé, computed from the requests it has served.
 *
 * Pure: `now` is in seconds and never decreases. A request costs O(1), whatever the number of
 * classes. Failed requests are not reported here: a failure is not skill.
 */
export class ResumeKeeper {
  #options: ResolvedResumeOptions
  #fading: Fading
  readonly #records = new Map<RequestClass, SkillRecord>()
  readonly #usage = new UsageList()
  /** Requests served since the start. */
  #generation = 0
  #meanSeconds: number | undefined
  /** What requests with a size take, over all classes. */
  #meanFit: SizeFit | undefined
  /** How deep the application is warm in chains. */
  readonly warm: WarmLinks
  /** What the application has still to compute. */
  readonly ahead: UnitsAhead = new UnitsAhead()
  readonly #loadGain = new LoadGain()
  /** Changed since the last publication; all of them have records. */
  readonly #changed = new Set<RequestClass>()
  /** When classes were given up; at most `maxClasses`, and only those of the last second. */
  readonly #givenUp = new Map<RequestClass, number>()
  /** Forgotten since the last publication. At most `maxClasses`. */
  readonly #faded = new Set<RequestClass>()
  #publishedAt = Number.NEGATIVE_INFINITY
  #publishedGeneration = 0
  #isUrgent = false

  /** Throws an {@link OptionError} for an invalid option. */
  constructor(options: ResumeOptions = {}) {
    this.#options = resolveResumeOptions(options)
    this.#fading = fadingOf(this.#options)
    this.warm = new WarmLinks(this.#options.maxWarmLinks)
  }

  /** Number of classes in the résumé. */
  get size(): number {
    return this.#records.size
  }

  get options(): ResolvedResumeOptions {
    return this.#options
  }

  /** Replaces the options; those not given get their defaults. */
  updateOptions(options: ResumeOptions): void {
    this.#options = resolveResumeOptions(options)
    this.#fading = fadingOf(this.#options)
    this.warm.limit = this.#options.maxWarmLinks
    this.#makeRoom(0)
  }

  /**
   * A request of the class was served: in this number of seconds or, if it has a size, as described.
   * Returns the skill now.
   */
  finish(requestClass: RequestClass, served: number | ServedRequest, now: number): Skill {
    const seconds = typeof served === 'number' ? served : served.seconds
    this.#generation++
    const record = this.#records.get(requestClass) ?? this.#begin(requestClass, now)
    if (!record.isSettled) this.#loadGain.learn(record.warmPart(seconds))
    record.add(seconds, this.#generation, now, this.#fading)
    if (typeof served !== 'number') this.#learnSize(record, served)
    this.#usage.touch(record)
    this.#changed.add(requestClass)
    this.#meanSeconds = withOneMore(this.#meanSeconds ?? seconds, seconds, meanWeight)
    this.#forgetFaded()
    return record.skill(this.#generation, now, this.#fading)
  }

  /** Whether requests of the class were served here lately. */
  has(requestClass: RequestClass): boolean {
    return this.#records.has(requestClass)
  }

  /**
   * Whether a request of the class is to fill caches first, so that others of the class are served
   * sooner if they wait for it: none was served since the start, and usually the first request of a
   * class takes at least twice as long as the next.
   */
  isCold(requestClass: RequestClass): boolean {
    return this.#loadGain.isWorthIt && this.#records.get(requestClass)?.isWarm !== true
  }

  /** The application has lost its caches, as when it was restarted. It is as skilled as before. */
  forgetWarmth(): void {
    this.warm.clear()
    for (const record of this.#usage) record.setCold()
  }

  /** The class was loaded otherwise than by a request that was measured. */
  setWarm(requestClass: RequestClass): void {
    this.#records.get(requestClass)?.setWarm()
  }

  skill(requestClass: RequestClass, now: number): Skill | undefined {
    return this.#records.get(requestClass)?.skill(this.#generation, now, this.#fading)
  }

  /** How much the application is warm for; undefined if it has served no chains. */
  get warmth(): WarmthSummary | undefined {
    const { size, warmCount: links, capacity } = this.warm
    if (size === 0) return undefined
    return capacity === Number.POSITIVE_INFINITY ? { links } : { links, capacity }
  }

  /** Expected seconds of a request of the class here, with this size if it has one. */
  expectedSeconds(requestClass: RequestClass, size?: RequestSize): number {
    const record = this.#records.get(requestClass)
    if (size !== undefined) {
      const fit = record === undefined ? this.#meanFit : record.fit
      if (fit !== undefined) {
        const depth = size.chain === undefined ? 0 : this.warm.depthOf(size.chain)
        return Math.min(fit.expect(uncachedUnits(size, depth)) + fit.rest, longestRequest)
      }
    }
    return record?.seconds ?? this.#meanSeconds ?? firstGuess
  }

  /** Expected seconds from the first byte of a response to its end, of requests with a size. */
  expectedRest(requestClass: RequestClass): number {
    return this.#records.get(requestClass)?.fit?.rest ?? 0
  }

  /** For how many seconds others that come later have to wait for so many units of the class. */
  expectedServing(requestClass: RequestClass, uncached: number): number {
    const fit = this.#records.get(requestClass)?.fit ?? this.#meanFit
    return Math.min(fit?.expectServing(uncached) ?? 0, longestRequest)
  }

  /**
   * Forgets the class, because other workers have it: requests that have come before load balancers
   * know that do not bring it back ({@link isGivenUp}).
   */
  giveUp(requestClass: RequestClass, now: number): void {
    for (const [name, at] of this.#givenUp) {
      if (now - at < givenUpSeconds) break
      this.#givenUp.delete(name)
    }
    this.#givenUp.delete(requestClass)
    if (this.#givenUp.size < this.#options.maxClasses) this.#givenUp.set(requestClass, now)
    this.forget(requestClass)
  }

  /** Whether a request that began at this time is no sign that the worker has the class. */
  isGivenUp(requestClass: RequestClass, begunAt: number): boolean {
    if (this.#givenUp.size === 0) return false
    const at = this.#givenUp.get(requestClass)
    return at !== undefined && begunAt - at < givenUpSeconds
  }

  /** Forgets the class, as if it had faded. */
  forget(requestClass: RequestClass): void {
    const record = this.#records.get(requestClass)
    if (record !== undefined) this.#forget(record)
  }

  /**
   * The whole résumé, least recently used class first, so that a saved one can be loaded in part.
   */
  resume(now: number): Resume {
    const resume = new Map<RequestClass, Skill>()
    for (const record of this.#usage) {
      resume.set(record.requestClass, record.skill(this.#generation, now, this.#fading))
    }
    return resume
  }

  /**
   * What has changed is due now: until load balancers know that a worker has forgotten a class, or
   * is warm for it, they send its requests to the wrong worker.
   */
  publishSoon(): void {
    this.#publishedAt = Number.NEGATIVE_INFINITY
  }

  /** Whether there is something to publish, and enough time has passed. */
  isDue(now: number): boolean {
    if (this.#changed.size === 0 && this.#faded.size === 0) return false
    return (
      now - this.#publishedAt >= (this.#isUrgent ? urgentPeriod : publishPeriod) ||
      this.#generation - this.#publishedGeneration >= this.#options.history ||
      this.#faded.size >= this.#options.maxClasses
    )
  }

  /** Whether what has changed is due sooner than {@link publishPeriod} after the last time. */
  get isUrgent(): boolean {
    return this.#isUrgent
  }

  /** What changed since the last call, for all load balancers. */
  takeChanges(now: number): ResumeChanges {
    const changes = new Map<RequestClass, Skill | null>()
    for (const requestClass of this.#faded) changes.set(requestClass, null)
    for (const requestClass of this.#changed) {
      const skill = this.skill(requestClass, now)
      if (skill) changes.set(requestClass, skill)
    }
    this.#faded.clear()
    this.#changed.clear()
    this.#publishedAt = now
    this.#isUrgent = false
    this.#publishedGeneration = this.#generation
    return changes
  }

  /**
   * Starts again from a saved résumé, whose most recent entries come last. Invalid entries are
   * skipped, and the oldest if there are too many. Returns the number of loaded entries.
   */
  load(saved: Iterable<readonly [RequestClass, SavedSkill]>, now: number): number {
    for (const record of [...this.#usage]) this.#forget(record)
    for (const [requestClass, skill] of saved) {
      if (!isPossible(skill)) continue
      const known = this.#records.get(requestClass)
      if (known) this.#forget(known)
      this.#add(
        SkillRecord.restore(requestClass, skill, {
          history: this.#options.history,
          generation: this.#generation,
          now,
        }),
      )
      this.#changed.add(requestClass)
    }
    return this.#records.size
  }

  /** Learns what the size of a request has cost, and what must have been warm for that. */
  #learnSize(record: SkillRecord, served: ServedRequest): void {
    const { window } = this.#options
    this.#meanFit ??= new SizeFit()
    record.fit ??= this.#meanFit.forOther()
    const { seconds, ahead = 0 } = served
    const first = Math.min(served.firstSeconds ?? seconds, seconds)
    const unhindered = Math.max(0, first - record.fit.expectWait(ahead))
    const units = uncachedUnits(served, this.#learnDepth(record, served, unhindered))
    for (const fit of [record.fit, this.#meanFit]) {
      fit.add(units, first, seconds - first, window, ahead)
    }
    if (record.fit.spread > widened * record.toldSpread) this.#tellSoon(record, record.fit.spread)
  }

  /** A line that is known for many more sizes than was told decides differently of these. */
  #tellSoon(record: SkillRecord, spread: number): void {
    record.toldSpread = spread
    this.#isUrgent = true
  }

  /** Learns what is warm; returns how deep the request was. */
  #learnDepth(record: SkillRecord, served: ServedRequest, seconds: number): number {
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
      this.#options.window,
    )
    return depth
  }

  #begin(requestClass: RequestClass, now: number): SkillRecord {
    return this.#add(new SkillRecord(requestClass, this.#generation, now))
  }

  #add(record: SkillRecord): SkillRecord {
    this.#makeRoom(1)
    this.#records.set(record.requestClass, record)
    this.#usage.add(record)
    this.#faded.delete(record.requestClass)
    this.#givenUp.delete(record.requestClass)
    return record
  }

  #makeRoom(places: number): void {
    while (this.#records.size > this.#options.maxClasses - places && this.#usage.oldest) {
      this.#forget(this.#usage.oldest)
    }
  }

  #forgetFaded(): void {
    const { oldest } = this.#usage
    if (oldest && this.#generation - oldest.generation > this.#options.maxSkillAge) {
      this.#forget(oldest)
    }
    for (let i = 0; i < sweptPerRequest; i++) {
      const record = this.#usage.next()
      if (!record) return
      const count = record.countAt(this.#generation, this.#fading)
      if (count < this.#options.minCount) this.#forget(record)
    }
  }

  #forget(record: SkillRecord): void {
    this.#usage.remove(record)
    this.#records.delete(record.requestClass)
    this.#changed.delete(record.requestClass)
    // Beyond the limit the notice is lost: the table of a load balancer is bounded as well.
    if (this.#faded.size < this.#options.maxClasses) this.#faded.add(record.requestClass)
  }
}

/** How many leading links are warm in an application that keeps so many. */
function depthAt(reach: readonly number[], capacity: number): number {
  const depth = reach.findIndex((each) => each > capacity)
  return depth === -1 ? reach.length : depth
}
