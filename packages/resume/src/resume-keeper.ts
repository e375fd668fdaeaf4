/** Keeps a worker's résumé: all its skills, what is forgotten, and when to publish. */
import type { RequestClass, Resume, ResumeChanges, Skill } from '@resumelb/protocol'
import { type ResolvedResumeOptions, type ResumeOptions, resolveResumeOptions } from './options.ts'
import { type Fading, fadingOf, type SavedSkill, SkillRecord } from './skill-record.ts'
import { UsageList } from './usage-list.ts'

/** Seconds that must pass between two publications, unless `history` requests come first. */
const publishPeriod = 1

/**
 * Records looked at after each request for whether they have faded. Two, because one place of
 * the list is gained by the class just served while the hand moves on.
 */
const sweptPerRequest = 2

/** What a request is expected to take before any was served, in seconds. */
const firstGuess = 0.01

/** The weight of one request in the mean over all classes. */
const meanWeight = 0.02

/**
 * A worker's résumé, from the requests it has served.
 *
 * Pure: `now` is in seconds from any start and never runs backwards. A request costs O(1)
 * whatever the number of classes. Failures are not told to it: a failure is not skill.
 */
export class ResumeKeeper {
  #options: ResolvedResumeOptions
  #fading: Fading
  readonly #records = new Map<RequestClass, SkillRecord>()
  readonly #usage = new UsageList()
  /** Requests served since the start. */
  #generation = 0
  #meanSeconds: number | undefined
  /** Changed since the last publication; all of them have records. */
  readonly #changed = new Set<RequestClass>()
  /** Forgotten since the last publication. At most `maxClasses`. */
  readonly #faded = new Set<RequestClass>()
  #toldAt = Number.NEGATIVE_INFINITY
  #toldGeneration = 0

  /** Throws an {@link OptionError} if an option cannot be. */
  constructor(options: ResumeOptions = {}) {
    this.#options = resolveResumeOptions(options)
    this.#fading = fadingOf(this.#options)
  }

  /** Classes in the résumé. */
  get size(): number {
    return this.#records.size
  }

  get options(): ResolvedResumeOptions {
    return this.#options
  }

  /** Replaces the options; what is not given goes back to its default. */
  updateOptions(options: ResumeOptions): void {
    this.#options = resolveResumeOptions(options)
    this.#fading = fadingOf(this.#options)
    this.#makeRoom(0)
  }

  /** A request of the class was served well, in that many seconds. Returns the skill at it now. */
  finish(requestClass: RequestClass, seconds: number, now: number): Skill {
    this.#generation++
    const record = this.#records.get(requestClass) ?? this.#begin(requestClass, now)
    record.add(seconds, this.#generation, now, this.#fading)
    this.#usage.touch(record)
    this.#changed.add(requestClass)
    this.#meanSeconds ??= seconds
    this.#meanSeconds += meanWeight * (seconds - this.#meanSeconds)
    this.#forgetFaded()
    return record.skill(this.#generation, now, this.#fading)
  }

  skill(requestClass: RequestClass, now: number): Skill | undefined {
    return this.#records.get(requestClass)?.skill(this.#generation, now, this.#fading)
  }

  /** What a request of the class is expected to take here, in seconds. */
  expectedSeconds(requestClass: RequestClass): number {
    return this.#records.get(requestClass)?.seconds ?? this.#meanSeconds ?? firstGuess
  }

  /** The whole résumé, in the order of last use, so that a saved one can be loaded in part. */
  resume(now: number): Resume {
    const resume = new Map<RequestClass, Skill>()
    for (const record of this.#usage) {
      resume.set(record.requestClass, record.skill(this.#generation, now, this.#fading))
    }
    return resume
  }

  /** Whether there is something to publish, and time to. */
  isDue(now: number): boolean {
    if (this.#changed.size === 0 && this.#faded.size === 0) return false
    return (
      now - this.#toldAt >= publishPeriod ||
      this.#generation - this.#toldGeneration >= this.#options.history ||
      this.#faded.size >= this.#options.maxClasses
    )
  }

  /** What changed since the last call, to be told to every load balancer. */
  takeChanges(now: number): ResumeChanges {
    const changes = new Map<RequestClass, Skill | null>()
    for (const requestClass of this.#faded) changes.set(requestClass, null)
    for (const requestClass of this.#changed) {
      const skill = this.skill(requestClass, now)
      if (skill) changes.set(requestClass, skill)
    }
    this.#faded.clear()
    this.#changed.clear()
    this.#toldAt = now
    this.#toldGeneration = this.#generation
    return changes
  }

  /**
   * Begins again with a saved résumé, whose most recent entries come last. Entries that cannot be
   * are left out, and the oldest of too many. Returns how many were taken.
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

  #begin(requestClass: RequestClass, now: number): SkillRecord {
    return this.#add(new SkillRecord(requestClass, this.#generation, now))
  }

  #add(record: SkillRecord): SkillRecord {
    this.#makeRoom(1)
    this.#records.set(record.requestClass, record)
    this.#usage.add(record)
    this.#faded.delete(record.requestClass)
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
    // Beyond the limit the notice is lost: a balancer's own table is bounded as well.
    if (this.#faded.size < this.#options.maxClasses) this.#faded.add(record.requestClass)
  }
}

function isPossible(skill: SavedSkill): boolean {
  const { score, seconds = 1, count = 1 } = skill
  return [score, seconds, count].every((value) => value > 0 && value < Number.POSITIVE_INFINITY)
}
