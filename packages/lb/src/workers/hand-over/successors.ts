/** Chooses the workers that get the classes of another one, by the room that they have. Pure. */
import type { HandedClass } from '@resumelb/protocol'
import type { WorkerSummary } from '../../pool/pool.ts'

/** A worker that has served a class lately, and more than once, should have it in its caches. */
const warmCount = 1.5

/** A worker with what was given to it, in addition to what it had. */
interface Heir<Worker> {
  readonly summary: WorkerSummary<Worker>
  classes: number
  demand: number
}

/**
 * Remembers what it has given away: the classes of a worker are spread over the others. A class
 * goes to a worker that has it in its caches anyway; otherwise, to the one with the least classes
 * and the least work, each compared with what all have.
 */
export class Successors<Worker> {
  readonly #heirs: readonly Heir<Worker>[]

  constructor(summaries: readonly WorkerSummary<Worker>[]) {
    this.#heirs = summaries.map((summary) => {
      const { classes, demand } = summary
      return { summary, classes, demand }
    })
  }

  /** `undefined` if there is none. */
  choose({ requestClass, seconds, rate = 0 }: HandedClass): Worker | undefined {
    const demand = rate * seconds
    const warm = this.#heirs.filter(({ summary }) => summary.countOf(requestClass) >= warmCount)
    const [all, add] = warm.length > 0 ? [warm, 0] : [this.#heirs, 1]
    const means = meansOf(this.#heirs)
    let best: Heir<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (const heir of all) {
      const { weight } = heir.summary
      const full = (heir.classes + add) / weight / means.classes
      const busy = (heir.demand + demand) / weight / means.demand
      if (full + busy >= least) continue
      best = heir
      least = full + busy
    }
    if (best === undefined) return undefined
    best.classes += add
    best.demand += demand
    return best.summary.worker
  }
}

/** Of a unit of weight; above 0. */
function meansOf(heirs: readonly Heir<unknown>[]): { classes: number; demand: number } {
  let [weights, classes, demand] = [0, 0, 0]
  for (const heir of heirs) {
    weights += heir.summary.weight
    classes += heir.classes
    demand += heir.demand
  }
  return { classes: Math.max(classes, 1) / weights, demand: Math.max(demand, 0.001) / weights }
}
