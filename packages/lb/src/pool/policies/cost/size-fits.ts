/** What requests take by their size, for each class and worker. Members go by their numbers. */
import { RecentMean } from '@resumelb/common'
import { knownPart, maxUnits, type Skill } from '@resumelb/protocol'
import { matureCount } from './cost-settings.ts'
import { lineColumn as column, LineTable } from './line-table.ts'
import { MeanLine, maxSeconds, type ReportedLine, type SizeLine } from './size-line.ts'

/** Weight of one report in the speed of its worker. */
const speedWeight = 0.05

/** Requests over which the mean size of a class is taken. */
const sizeWindow = 20

/** How many times slower or faster than others a worker is taken for, at most. */
const maxSlowness = 100

/** How many times as long or short as usual a request is taken for, at most. */
const maxScale = 1000

/** Reports of a worker on a class as which those on all others count in its line. */
const priorReports = 4

/**
 * Seconds after which what a worker has said counts less and less, beside what the others say: a
 * worker that is taken for slow gets no requests that could show that it is not.
 */
const patience = 60

/**
 * Seconds per unit before anything is known, one request after the other. Only how much waits where
 * matters then.
 */
const firstPerUnit = 1e-4

/** The lines of one class. */
interface ClassLines {
  /** The numbers of the lines, by member. */
  readonly own: (number | undefined)[]
  /** Over all members, as on one of mean speed. */
  readonly mean: MeanLine
  /** Mean uncached units of the requests that are assigned. */
  readonly units: RecentMean
}

/**
 * A worker's own line where it has served the class. Elsewhere, and for sizes of which it has served
 * none, the mean of the class, or of all classes, at this worker's speed.
 */
export class SizeFits {
  readonly #classes: Map<number, ClassLines> = new Map()
  /** Over all classes and members. */
  readonly #all: MeanLine = new MeanLine()
  readonly #lines = new LineTable()
  /**
   * By member: how many times as long as on the mean worker requests take, and when it said so. 0 if
   * it has not.
   */
  readonly #slowness: number[] = []
  readonly #reportedAt: number[] = []
  #selected: ClassLines | undefined
  #selectedUnits = 0
  #now = 0
  /** What is expected of the selected class at a member of mean speed. */
  readonly #usual: SizeLine = newSizeLine()
  readonly #line: SizeLine = newSizeLine()

  /** Whether any worker has said what requests take. */
  get isAnyKnown(): boolean {
    return this.#all.reports > 0
  }

  /**
   * Takes in what a worker says after a request. How well it knows its line is in its résumé only,
   * which it tells of a new class at once: until then nothing is known of it.
   */
  refine(member: number, classNumber: number, skill: Skill, now: number): void {
    if (skill.fixed === undefined) return
    const isKnown = this.#classes.get(classNumber)?.own[member] !== undefined
    if (isKnown || skill.units !== undefined) this.learn(member, classNumber, skill, now)
  }

  /** Takes in what a worker says of a class; a skill without a size says nothing. */
  learn(member: number, classNumber: number, skill: Skill, now: number): void {
    if (skill.fixed === undefined || skill.perUnit === undefined) return
    const { own, mean, units } = this.#linesOf(classNumber)
    const number = own[member]
    const before = number === undefined ? undefined : this.#lines.lastingOf(number)
    const line = reportedLine(skill, before, units.value, now)
    const slowness = this.#learnSpeed(member, mean.reports > 0 ? mean : this.#all, line)
    own[member] = this.#lines.put(line, number)
    this.#slowness[member] = slowness
    this.#reportedAt[member] = now
    mean.add(line, slowness)
    this.#all.add(line, slowness)
  }

  /** A request of the class has so many units that are not warm. */
  use(classNumber: number, uncached: number): void {
    const lines = this.#linesOf(classNumber)
    const mean = lines.units.value
    lines.units.add(uncached, sizeWindow, mean > 0 ? mean : Number.POSITIVE_INFINITY)
  }

  /** How many times as long as a request of mean size one of so many units takes, if all is known. */
  scaleOf(classNumber: number, units: number): number {
    const lines = this.#classes.get(classNumber)
    if (lines === undefined || lines.mean.reports === 0) return 1
    const { mean } = lines
    const usual = mean.expect(lines.units.value)
    const scale = usual > 0 ? mean.expect(units) / usual : 1
    return Math.min(maxScale, Math.max(1 / maxScale, scale))
  }

  /** Makes the class and the size those that {@link lineAt} is about. */
  select(classNumber: number, units: number, now: number): void {
    const lines = this.#classes.get(classNumber)
    this.#selected = lines
    this.#selectedUnits = units
    this.#now = now
    const all = this.#all
    const usual = this.#usual
    if (all.reports === 0) {
      Object.assign(usual, newSizeLine(), { perUnit: firstPerUnit, perUnitAhead: firstPerUnit })
      return
    }
    const guess = all.slopeFor(units)
    usual.perUnit = guess
    usual.fixed = all.fixedWith(guess)
    usual.rest = all.rest
    usual.perUnitAhead = all.perUnitAhead
    if (lines === undefined) return
    const { mean } = lines
    const prior = Math.min(mean.reports, matureCount) / matureCount
    const slope = mean.slopeFor(units, guess)
    usual.perUnit += prior * (slope - usual.perUnit)
    usual.fixed += prior * (mean.fixedWith(slope) - usual.fixed)
    usual.rest += prior * (mean.rest - usual.rest)
    usual.perUnitAhead += prior * (mean.perUnitAhead - usual.perUnitAhead)
  }

  /** What requests of the selected class and size take at the member. Good until the next call. */
  lineAt(member: number): SizeLine {
    const number = this.#selected?.own[member]
    const usual = this.#usual
    const line = this.#line
    const slowness = this.#slownessOf(member)
    // As locals: to write a number into an object, and to read it, takes time for each worker.
    const usualFixed = slowness * usual.fixed
    const usualPerUnit = slowness * usual.perUnit
    const usualRest = slowness * usual.rest
    const usualAhead = slowness * usual.perUnitAhead
    if (number === undefined) {
      line.fixed = usualFixed
      line.perUnit = usualPerUnit
      line.rest = usualRest
      line.perUnitAhead = usualAhead
      return line
    }
    const { cells } = this.#lines
    const row = number * 8
    const units = cells[row + column.units] as number
    const seconds = cells[row + column.seconds] as number
    const count = cells[row + column.count] as number
    const known = knownPart(cells[row + column.spread] as number, this.#selectedUnits - units)
    const guess = units === 0 ? usualPerUnit : Math.min(usualPerUnit, seconds / units)
    const perUnit = guess + known * ((cells[row + column.perUnit] as number) - guess)
    const fixed = Math.max(0, seconds - perUnit * units)
    const sure = count >= matureCount ? 1 : count / (count + priorReports)
    const weight = sure * this.#freshness(cells[row + column.at] as number)
    const ahead = cells[row + column.perUnitAhead] as number
    line.fixed = usualFixed + weight * (fixed - usualFixed)
    line.perUnit = usualPerUnit + weight * (perUnit - usualPerUnit)
    line.rest = usualRest + weight * ((cells[row + column.rest] as number) - usualRest)
    line.perUnitAhead = usualAhead + weight * (ahead - usualAhead)
    return line
  }

  /** Forgets what a member has said of all classes. */
  forgetLines(member: number): void {
    for (const { own } of this.#classes.values()) this.#forget(own, member)
  }

  /** Forgets a member, whose number may go to another one. */
  forgetMember(member: number): void {
    this.forgetLines(member)
    this.#slowness[member] = 0
  }

  /** The member has forgotten the class. */
  forget(member: number, classNumber: number): void {
    const own = this.#classes.get(classNumber)?.own
    if (own !== undefined) this.#forget(own, member)
  }

  forgetClass(classNumber: number): void {
    for (const number of this.#classes.get(classNumber)?.own ?? []) {
      if (number !== undefined) this.#lines.remove(number)
    }
    this.#classes.delete(classNumber)
  }

  #forget(own: (number | undefined)[], member: number): void {
    const number = own[member]
    if (number === undefined) return
    this.#lines.remove(number)
    own[member] = undefined
  }

  #slownessOf(member: number): number {
    const slowness = this.#slowness[member] ?? 0
    const usual = this.#all.slowness
    if (slowness === 0) return usual
    return usual + this.#freshness(this.#reportedAt[member] as number) * (slowness - usual)
  }

  /** How much what was said then still counts, from 0 to 1. */
  #freshness(at: number): number {
    const age = this.#now - at
    return age <= patience ? 1 : patience / age
  }

  #linesOf(classNumber: number): ClassLines {
    let lines = this.#classes.get(classNumber)
    if (lines === undefined) {
      lines = newLines()
      this.#classes.set(classNumber, lines)
    }
    return lines
  }

  /**
   * Compares the worker with others at the size that it knows best, as far as they know it. Returns
   * its slowness.
   */
  #learnSpeed(member: number, mean: MeanLine, line: ReportedLine): number {
    const usual = mean.expect(line.units)
    const before = this.#slowness[member] || this.#all.slowness
    if (mean.reports === 0 || usual <= 0) return before
    const slowness = Math.min(maxSlowness, Math.max(1 / maxSlowness, line.seconds / usual))
    const weight = speedWeight * knownPart(mean.spread, line.units - mean.units)
    return before + weight * (slowness - before)
  }
}

/**
 * Not each report has all: `before` is what the worker has said earlier of the class, whose requests
 * have `usual` units.
 */
function reportedLine(
  skill: Skill,
  before: Pick<ReportedLine, 'units' | 'spread' | 'perUnitAhead'> | undefined,
  usual: number,
  now: number,
): ReportedLine {
  const { fixed = 0, perUnit = 0, rest = 0, count } = skill
  const { units = before?.units ?? usual, perUnitAhead = before?.perUnitAhead ?? 0 } = skill
  const { spread = before?.spread ?? maxUnits } = skill
  const fixedSeconds = Math.min(fixed, maxSeconds)
  const unitSeconds = Math.min(perUnit, maxSeconds)
  const meanUnits = Math.min(units, maxUnits)
  // One literal: an object that is spread into another one took a third of the time of a pick.
  return {
    fixed: fixedSeconds,
    perUnit: unitSeconds,
    rest: Math.min(rest, maxSeconds),
    perUnitAhead: Math.min(perUnitAhead, maxSeconds),
    units: meanUnits,
    seconds: Math.min(fixedSeconds + unitSeconds * meanUnits, maxSeconds),
    spread: Math.min(spread, maxUnits),
    count,
    at: now,
  }
}

function newLines(): ClassLines {
  return { own: [], mean: new MeanLine(), units: new RecentMean() }
}

function newSizeLine(): SizeLine {
  return { fixed: 0, perUnit: 0, rest: 0, perUnitAhead: 0 }
}
