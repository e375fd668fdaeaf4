/** What requests take by their size, for each class and worker. Members go by their numbers. */
import type { Skill } from '@resumelb/protocol'
import { matureCount } from './cost-settings.ts'

/** Seconds = `fixed` + `perUnit` × uncached units, and `rest` after the first byte. */
export interface SizeLine {
  fixed: number
  perUnit: number
  rest: number
}

/** Weight of one report in the means over all workers. */
const reportWeight = 0.05

/** Weight of one report in the speed of its worker. */
const speedWeight = 0.05

/** Weight of one request in the mean size of its class. */
const sizeWeight = 0.05

/** How many times slower or faster than others a worker is taken for, at most. */
const maxSlowness = 100

/** How many times as long or short as usual a request is taken for, at most. */
const maxScale = 1000

/** Reports of a worker on a class as which those on all others count in its line. */
const priorReports = 4

/** What a worker has said, after so many requests of the class (fading). */
interface OwnLine extends SizeLine {
  count: number
}

/** The lines of one class. */
interface ClassLines {
  /** By member. */
  readonly own: (OwnLine | undefined)[]
  /** Over all members, as on one of mean speed. */
  readonly mean: SizeLine
  reports: number
  /** Mean uncached units. */
  units: number
}

/**
 * A worker's own line where it has served the class. Elsewhere the mean of the class, or of all
 * classes, at this worker's speed.
 */
export class SizeFits {
  readonly #classes: Map<number, ClassLines> = new Map()
  readonly #all: ClassLines = newLines()
  /** By member: how many times as long as on the mean worker requests take. */
  readonly #slowness: number[] = []
  #selected: ClassLines | undefined
  readonly #line: SizeLine = { fixed: 0, perUnit: 0, rest: 0 }

  /** Takes in what a worker says of a class; a skill without a size says nothing. */
  learn(member: number, classNumber: number, skill: Skill): void {
    const { fixed, perUnit, rest = 0, count } = skill
    if (fixed === undefined || perUnit === undefined) return
    const lines = this.#linesOf(classNumber)
    const line = { fixed, perUnit, rest, count }
    this.#learnSpeed(member, lines.reports > 0 ? lines : this.#all, line)
    lines.own[member] = line
    const slowness = this.#slowness[member] as number
    for (const each of [lines, this.#all]) addTo(each, line, slowness)
  }

  /** A request of the class has so many units that are not warm. */
  use(classNumber: number, uncached: number): void {
    for (const each of [this.#linesOf(classNumber), this.#all]) {
      if (each.units === 0) each.units = uncached
      else each.units += sizeWeight * (uncached - each.units)
    }
  }

  /** How many times as long as a request of mean size one of so many units takes, if all is known. */
  scaleOf(classNumber: number, units: number): number {
    const lines = this.#classes.get(classNumber)
    if (lines === undefined || lines.reports === 0) return 1
    const { fixed, perUnit } = lines.mean
    const usual = fixed + perUnit * lines.units
    const scale = usual > 0 ? (fixed + perUnit * units) / usual : 1
    return Math.min(maxScale, Math.max(1 / maxScale, scale))
  }

  /** Makes the class the one that {@link lineAt} is about. */
  select(classNumber: number): void {
    this.#selected = this.#classes.get(classNumber)
  }

  /** What requests of the selected class take at the member. Good until the next call. */
  lineAt(member: number): SizeLine {
    const lines = this.#selected
    const own = lines?.own[member]
    if (own !== undefined && own.count >= matureCount) return own
    const line = this.#line
    const slowness = this.#slowness[member] ?? 1
    const { mean } = this.#all
    const prior = lines === undefined ? 0 : Math.min(lines.reports, matureCount) / matureCount
    const of = lines === undefined ? mean : lines.mean
    line.fixed = slowness * (mean.fixed + prior * (of.fixed - mean.fixed))
    line.perUnit = slowness * (mean.perUnit + prior * (of.perUnit - mean.perUnit))
    line.rest = slowness * (mean.rest + prior * (of.rest - mean.rest))
    if (own === undefined) return line
    const weight = own.count / (own.count + priorReports)
    line.fixed += weight * (own.fixed - line.fixed)
    line.perUnit += weight * (own.perUnit - line.perUnit)
    line.rest += weight * (own.rest - line.rest)
    return line
  }

  /** Forgets a member, whose number may go to another one. */
  forgetMember(member: number): void {
    for (const { own } of this.#classes.values()) {
      if (member < own.length) own[member] = undefined
    }
    this.#slowness[member] = 1
  }

  forgetClass(classNumber: number): void {
    this.#classes.delete(classNumber)
  }

  #linesOf(classNumber: number): ClassLines {
    let lines = this.#classes.get(classNumber)
    if (lines === undefined) {
      lines = newLines()
      this.#classes.set(classNumber, lines)
    }
    return lines
  }

  #learnSpeed(member: number, { mean, units, reports }: ClassLines, line: SizeLine): void {
    const usual = mean.fixed + mean.perUnit * units
    const before = this.#slowness[member] ?? 1
    this.#slowness[member] = before
    if (reports === 0 || usual <= 0) return
    const ratio = (line.fixed + line.perUnit * units) / usual
    const slowness = Math.min(maxSlowness, Math.max(1 / maxSlowness, ratio))
    this.#slowness[member] = before + speedWeight * (slowness - before)
  }
}

function newLines(): ClassLines {
  return { own: [], mean: { fixed: 0, perUnit: 0, rest: 0 }, reports: 0, units: 0 }
}

function addTo(lines: ClassLines, line: SizeLine, slowness: number): void {
  lines.reports++
  const weight = Math.max(reportWeight, 1 / lines.reports)
  const { mean } = lines
  mean.fixed += weight * (line.fixed / slowness - mean.fixed)
  mean.perUnit += weight * (line.perUnit / slowness - mean.perUnit)
  mean.rest += weight * (line.rest / slowness - mean.rest)
}
