/** What requests take by their size, for each class and worker. Members go by their numbers. */
import type { Skill } from '@resumelb/protocol'

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

/** The lines of one class. */
interface ClassLines {
  /** By member. */
  readonly own: (SizeLine | undefined)[]
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
  readonly #scaled: SizeLine = { fixed: 0, perUnit: 0, rest: 0 }

  /** Whether anything was ever learned of sizes. */
  get isEmpty(): boolean {
    return this.#all.reports === 0
  }

  /** Takes in what a worker says of a class; a skill without a size says nothing. */
  learn(member: number, classNumber: number, skill: Skill | null): void {
    if (skill === null) {
      const lines = this.#classes.get(classNumber)
      if (lines !== undefined) lines.own[member] = undefined
      return
    }
    const { fixed, perUnit, rest = 0 } = skill
    if (fixed === undefined || perUnit === undefined) return
    const lines = this.#linesOf(classNumber)
    const line = { fixed, perUnit, rest }
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

  /** What requests of the class take at the member. Good until the next call. */
  lineOf(classNumber: number, member: number): SizeLine {
    const lines = this.#classes.get(classNumber)
    const own = lines?.own[member]
    if (own !== undefined) return own
    const { mean } = lines !== undefined && lines.reports > 0 ? lines : this.#all
    const slowness = this.#slowness[member] ?? 1
    this.#scaled.fixed = mean.fixed * slowness
    this.#scaled.perUnit = mean.perUnit * slowness
    this.#scaled.rest = mean.rest * slowness
    return this.#scaled
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
