/** Keeps a worker's résumé: its skills, which ones to forget, and when to publish. */
import { withOneMore } from '@resumelb/common'
import type { RequestClass, Resume, ResumeChanges, Skill, WarmthSummary } from '@resumelb/protocol'
import { GivenUpClasses } from './given-up-classes.ts'
import { LoadGain } from './load-gain.ts'
import { type ResolvedResumeOptions, type ResumeOptions, resolveResumeOptions } from './options.ts'
import { PendingChanges } from './pending-changes.ts'
import { type RequestSize, type ServedRequest, uncachedUnits } from './served-request.ts'
import { SizeLearner } from './size-learner.ts'
import { type Fading, fadingOf, isPossible, type SavedSkill, SkillRecord } from './skill-record.ts'
import { UnitsAhead } from './units-ahead.ts'
import { UsageList } from './usage-list.ts'
import type { WarmLinks } from './warm-links.ts'

/**
 * Records that are checked after each request for whether they have decayed. Two, because the class
 * just served adds one to the list while the check advances.
 */
const sweptPerRequest = 2

/** How many times as far as was told a line is known if load balancers are told at once. */
const widened = 2

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
  readonly #sizes: SizeLearner
  /** What the application has still to compute. */
  readonly ahead: UnitsAhead = new UnitsAhead()
  readonly #loadGain = new LoadGain()
  readonly #pending = new PendingChanges()
  readonly #givenUp = new GivenUpClasses()

  /** Throws an {@link OptionError} for an invalid option. */
  constructor(options: ResumeOptions = {}) {
    this.#options = resolveResumeOptions(options)
    this.#fading = fadingOf(this.#options)
    this.#sizes = new SizeLearner(this.#options.maxWarmLinks)
  }

  /** How deep the application is warm in chains. */
  get warm(): WarmLinks {
    return this.#sizes.warm
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
    this.#pending.changed.add(requestClass)
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
      const fit = record === undefined ? this.#sizes.meanFit : record.fit
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
    const fit = this.#records.get(requestClass)?.fit ?? this.#sizes.meanFit
    return Math.min(fit?.expectServing(uncached) ?? 0, longestRequest)
  }

  /**
   * Forgets the class, because other workers have it: requests that have come before load balancers
   * know that do not bring it back ({@link isGivenUp}).
   */
  giveUp(requestClass: RequestClass, now: number): void {
    this.#givenUp.add(requestClass, now, this.#options.maxClasses)
    this.forget(requestClass)
  }

  /** Whether a request that began at this time is no sign that the worker has the class. */
  isGivenUp(requestClass: RequestClass, begunAt: number): boolean {
    return this.#givenUp.has(requestClass, begunAt)
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
    this.#pending.urgeNow()
  }

  /** Whether there is something to publish, and enough time has passed. */
  isDue(now: number): boolean {
    return this.#pending.isDue(now, this.#generation, this.#options)
  }

  /** Whether what has changed is due sooner than usual. */
  get isUrgent(): boolean {
    return this.#pending.isUrgent
  }

  /** What changed since the last call, for all load balancers. */
  takeChanges(now: number): ResumeChanges {
    const changes = new Map<RequestClass, Skill | null>()
    for (const requestClass of this.#pending.faded) changes.set(requestClass, null)
    for (const requestClass of this.#pending.changed) {
      const skill = this.skill(requestClass, now)
      if (skill) changes.set(requestClass, skill)
    }
    this.#pending.clear(now, this.#generation)
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
      this.#pending.changed.add(requestClass)
    }
    return this.#records.size
  }

  /** Learns from a request with a size. */
  #learnSize(record: SkillRecord, served: ServedRequest): void {
    const { spread } = this.#sizes.learn(record, served, this.#options.window)
    // A line that is known for many more sizes than was told decides differently of these.
    if (spread <= widened * record.toldSpread) return
    record.toldSpread = spread
    this.#pending.urge()
  }

  #begin(requestClass: RequestClass, now: number): SkillRecord {
    return this.#add(new SkillRecord(requestClass, this.#generation, now))
  }

  #add(record: SkillRecord): SkillRecord {
    this.#makeRoom(1)
    this.#records.set(record.requestClass, record)
    this.#usage.add(record)
    this.#pending.add(record.requestClass)
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
    this.#pending.fade(record.requestClass, this.#options)
  }
}
