/** What the cost pool knows of request classes: who is skilled at them and what they cost. */
import { withOneMore } from '@resumelb/common'
import type { RequestClass, Skill } from '@resumelb/protocol'
import { ClassTable } from '../../structures/class-table.ts'
import { hashString } from '../../structures/hash.ts'
import { Rows } from '../../structures/rows.ts'
import {
  matureCount,
  maxColdSamples,
  maxSkilled,
  maxSkillsPerClass,
  maxWeight,
  warmCount,
} from './cost-settings.ts'
import { coldSeconds, fade, homesFor, isFlat, pollution } from './estimate.ts'
import { none, SkillTable } from './skill-table.ts'

/** The class failed at two workers with no success between: it is not they who are to blame. */
const everywhere = -2

/**
 * The columns of a class. `penalty` is its share in the sum of penalties, 0 until it is well known;
 * `failedAt` the member that failed it last, plus 1, or 0 for none, or {@link everywhere}; `era` is
 * another one for each class that has had the number.
 */
const column = {
  hash: 0,
  rate: 1,
  ratedAt: 2,
  coldMean: 3,
  coldCount: 4,
  penalty: 5,
  failedAt: 6,
  era: 7,
} as const

/** Times by which a cold sample is shorter than the mean if that is not to be believed. */
const farShorter = 64

/** What a request of one class takes, in seconds. */
export interface ClassCosts {
  /** On a worker that has it in its caches. */
  warm: number
  /** On a worker that has not. */
  cold: number
  /** How much more than itself a second of waste counts. At least 1. */
  pollution: number
  /** Caching does nothing for the class. */
  isFlat: boolean
  /** How many workers should have it in their caches. At least 1. */
  homes: number
}

/** A class and the number that it had when a request of it came. */
export interface ClassUse {
  readonly requestClass: RequestClass
  readonly classNumber: number
  /** See `ClassStats.eraOf`. */
  readonly classEra: number
}

/** A class's hash, which is never 0. */
export function hashOfClass(requestClass: RequestClass): number {
  return hashString(requestClass) || 1
}

/**
 * The mean of cold samples with one more, the `count`th. They are few, so that one which hung would
 * count for hours, were its weight not limited; samples that are far shorter halve the mean.
 */
function coldMeanWith(seconds: number, mean: number, count: number): number {
  if (count === 1) return seconds
  if (seconds < mean / farShorter) return Math.max(seconds, mean / 2)
  return withOneMore(mean, seconds, 1 / count)
}

/** The records of all classes and workers, in columns of numbers. Members go by their numbers. */
export class ClassStats {
  readonly skills: SkillTable = new SkillTable()
  readonly #table: ClassTable
  readonly #onForget: (classNumber: number) => void
  readonly #rows = new Rows()
  #eras = 0
  #penaltySum = 0
  #penaltyCount = 0
  /** Mean service time of all requests, for classes that no worker has served. */
  #meanSeconds = 0.01
  /** How many times longer a cold request takes than a warm one, usually. */
  #usualRatio = 4

  /** `onForget` is called before a class's number goes to another class. */
  constructor(maxClasses: number, onForget: (classNumber: number) => void) {
    this.#table = new ClassTable(maxClasses, (classNumber) => this.#forget(classNumber))
    this.#onForget = onForget
  }

  get classCount(): number {
    return this.#table.size
  }

  set maxClasses(maxClasses: number) {
    this.#table.maxClasses = maxClasses
  }

  /** The class's number, for a request of it. */
  use(requestClass: RequestClass): number {
    return this.#known(this.#table.use(requestClass))
  }

  /** Which of the classes that have had the number has it now. */
  eraOf(classNumber: number): number {
    return this.#rows.get(classNumber, column.era)
  }

  /** The number that the class had when it was used, or has now. */
  stillOr({ classNumber, classEra, requestClass }: ClassUse): number {
    // Names are compared last, since they are far away in memory.
    const isStill =
      this.eraOf(classNumber) === classEra || this.#table.nameOf(classNumber) === requestClass
    return isStill ? classNumber : this.use(requestClass)
  }

  /** The class of that number, if there is one. */
  nameOf(classNumber: number): RequestClass | undefined {
    return this.#table.nameOf(classNumber)
  }

  /** The class's number, or {@link none} if it has none. Does not count as a use. */
  find(requestClass: RequestClass): number {
    return this.#table.find(requestClass) ?? none
  }

  /** The class's hash: the same in all balancers. */
  hashOf(classNumber: number): number {
    return this.#rows.get(classNumber, column.hash)
  }

  /** Takes in a worker's skill as its résumé has it; `null` for one that has faded. */
  read(member: number, requestClass: RequestClass, skill: Skill | null, now: number): void {
    if (skill !== null) {
      const number = this.#known(this.#table.use(requestClass, skill.count > 1))
      this.#learnCold(member, number, skill)
      this.learn(member, number, skill, now)
      return
    }
    const classNumber = this.#table.find(requestClass)
    const record = classNumber === undefined ? none : this.skills.find(classNumber, member)
    if (record !== none) this.unlearn(record, now)
  }

  /** Takes in a worker's skill. Returns the number of its record. */
  learn(
    member: number,
    classNumber: number,
    skill: Skill,
    now: number,
    hint: number = none,
  ): number {
    const { skills } = this
    let record = hint
    if (!skills.isRecordOf(hint, classNumber, member)) record = skills.find(classNumber, member)
    if (record === none) record = skills.add(classNumber, member)
    this.#changeRate(classNumber, skill.rate - skills.rate(record, now), now)
    skills.set(record, skill.seconds, skill.count, skill.rate, now)
    if (skills.size > this.#table.maxClasses * maxSkillsPerClass) this.#table.forgetOne()
    return record
  }

  unlearn(record: number, now: number): void {
    const { skills } = this
    this.#changeRate(skills.classOf(record), -skills.rate(record, now), now)
    skills.remove(record)
  }

  /** Forgets all skills of the member. */
  unlearnAll(member: number, now: number): void {
    const { skills } = this
    for (let record = skills.firstOf(member); record !== none; record = skills.firstOf(member)) {
      this.unlearn(record, now)
    }
  }

  /**
   * Learns from a request of `seconds` that the member has served what classes take, warm and cold.
   * To be called before {@link learn}.
   */
  learnTimes(member: number, classNumber: number, seconds: number, skill: Skill): void {
    if (!this.#isLearned(member, classNumber, skill)) this.#learn(classNumber, seconds, skill)
  }

  /** A long response may end after the résumé has come that has its request already. */
  #isLearned(member: number, classNumber: number, skill: Skill): boolean {
    if (skill.count >= warmCount) return false
    const { skills } = this
    const record = skills.find(classNumber, member)
    return record !== none && skills.count(record) > 0 && skills.seconds(record) === skill.seconds
  }

  #learn(classNumber: number, seconds: number, skill: Skill): void {
    this.#meanSeconds = withOneMore(this.#meanSeconds, seconds, 0.01)
    const coldMean = this.#rows.get(classNumber, column.coldMean)
    if (skill.count < warmCount) {
      const count = Math.min(this.#rows.get(classNumber, column.coldCount) + 1, maxColdSamples)
      this.#rows.set(classNumber, column.coldCount, count)
      this.#rows.set(classNumber, column.coldMean, coldMeanWith(seconds, coldMean, count))
    } else if (skill.count > 10 && coldMean > 0 && skill.seconds > 0) {
      const ratio = Math.min(50, coldMean / skill.seconds)
      this.#usualRatio += 0.002 * (ratio - this.#usualRatio)
    }
  }

  /** The first request that the worker has served of the class was cold, whichever balancer's. */
  #learnCold(member: number, classNumber: number, skill: Skill): void {
    if (skill.count === 0 || skill.count >= warmCount) return
    const { skills } = this
    const record = skills.find(classNumber, member)
    if (record === none || skills.count(record) > 0) return
    this.#learn(classNumber, skill.seconds, skill)
  }

  /** What a cold request of the class takes longer than a warm one, in seconds; 0 if not known. */
  penalty(classNumber: number): number {
    return this.#rows.get(classNumber, column.penalty)
  }

  /** Says that the member served the class. */
  succeed(classNumber: number): void {
    this.#rows.set(classNumber, column.failedAt, 0)
  }

  /** Says that the member failed the class. Returns whether the member is to blame for it. */
  fail(classNumber: number, member: number): boolean {
    const failedAt = this.#rows.get(classNumber, column.failedAt)
    const isItsFault = failedAt === 0 || failedAt === member + 1
    this.#rows.set(classNumber, column.failedAt, isItsFault ? member + 1 : everywhere)
    return isItsFault
  }

  /** Requests of the class per second, at all workers together. */
  rate(classNumber: number, now: number): number {
    const rate = this.#rows.get(classNumber, column.rate)
    return rate === 0 ? 0 : rate * fade(now - this.#rows.get(classNumber, column.ratedAt))
  }

  /**
   * Puts into `costs` what the class takes. `concurrency` is that of its first home. Returns what
   * the class adds to the sum of penalties, for {@link countPenalty}.
   */
  appraise(
    costs: ClassCosts,
    classNumber: number,
    concurrency: number,
    utilization: number,
    now: number,
  ): number {
    const warm = this.#warmSeconds(classNumber)
    const samples = this.#rows.get(classNumber, column.coldCount)
    const sampleMean = this.#rows.get(classNumber, column.coldMean)
    const usualRatio = Math.max(1, this.#usualRatio)
    if (warm === undefined) {
      costs.cold = samples > 0 ? sampleMean : this.#meanSeconds
      costs.warm = costs.cold / usualRatio
    } else {
      costs.warm = warm
      costs.cold = coldSeconds(warm, usualRatio, sampleMean, samples)
    }
    costs.isFlat = isFlat(costs.warm, costs.cold)
    costs.homes = homesFor(this.rate(classNumber, now), costs.warm, concurrency, utilization)
    const penalty = costs.cold - costs.warm
    const share = this.#penaltyShare(classNumber, penalty)
    costs.pollution = pollution(penalty, this.#meanPenaltyWith(classNumber, share))
    return share
  }

  /** Puts into `costs` what a class takes of which nothing is known. */
  appraiseUnknown(costs: ClassCosts): void {
    costs.cold = this.#meanSeconds
    costs.warm = costs.cold / Math.max(1, this.#usualRatio)
    costs.isFlat = isFlat(costs.warm, costs.cold)
    costs.homes = 1
    // Its first workers waste nothing, so that this does not matter.
    costs.pollution = 1
  }

  /** Counts the class in what an average one is, as {@link appraise} has found. */
  countPenalty(classNumber: number, share: number): void {
    if (share === 0) return
    const counted = this.#rows.get(classNumber, column.penalty)
    if (counted === 0) this.#penaltyCount++
    this.#penaltySum += share - counted
    this.#rows.set(classNumber, column.penalty, share)
  }

  /** The mean of those of the first records that are mature, or what the first says at all. */
  #warmSeconds(classNumber: number): number | undefined {
    const { skills } = this
    const count = Math.min(skills.countOf(classNumber), maxSkilled)
    let weights = 0
    let seconds = 0
    for (let place = 0; place < count; place++) {
      const record = skills.at(classNumber, place)
      if (skills.count(record) < matureCount) break
      const weight = Math.min(skills.count(record), maxWeight)
      weights += weight
      seconds += weight * skills.seconds(record)
    }
    if (weights > 0) return seconds / weights
    if (count === 0) return undefined
    const first = skills.at(classNumber, 0)
    return skills.count(first) > 0 ? skills.seconds(first) : undefined
  }

  /**
   * Only classes that are well known have a say in what an average one is: inventions have none.
   */
  #penaltyShare(classNumber: number, penalty: number): number {
    const { skills } = this
    if (skills.countOf(classNumber) === 0) return 0
    if (skills.count(skills.at(classNumber, 0)) < matureCount) return 0
    // A value just above 0 distinguishes a class without penalty from one that is not counted.
    return Math.max(penalty, Number.MIN_VALUE)
  }

  /** The mean of all classes' penalties, once the class has this share; 0: it keeps its own. */
  #meanPenaltyWith(classNumber: number, share: number): number {
    let sum = this.#penaltySum
    let count = this.#penaltyCount
    if (share > 0) {
      const counted = this.#rows.get(classNumber, column.penalty)
      sum += share - counted
      if (counted === 0) count++
    }
    return count === 0 ? 0 : sum / count
  }

  #changeRate(classNumber: number, difference: number, now: number): void {
    if (difference === 0) return
    this.#rows.set(classNumber, column.rate, Math.max(0, this.rate(classNumber, now) + difference))
    this.#rows.set(classNumber, column.ratedAt, now)
  }

  /** Makes room for the class's facts, and begins an era when the number is new to it. */
  #known(classNumber: number): number {
    this.#rows.reserve(classNumber)
    if (this.#rows.get(classNumber, column.hash) === 0) {
      this.#rows.set(classNumber, column.hash, hashOfClass(this.#table.nameOf(classNumber) ?? ''))
      this.#rows.set(classNumber, column.era, ++this.#eras)
    }
    return classNumber
  }

  #forget(classNumber: number): void {
    this.#onForget(classNumber)
    const { skills } = this
    for (let left = skills.countOf(classNumber); left > 0; left--) {
      skills.remove(skills.at(classNumber, left - 1))
    }
    const counted = this.#rows.get(classNumber, column.penalty)
    if (counted > 0) this.#penaltyCount--
    this.#penaltySum = this.#penaltyCount === 0 ? 0 : this.#penaltySum - counted
    this.#rows.clear(classNumber)
  }
}
