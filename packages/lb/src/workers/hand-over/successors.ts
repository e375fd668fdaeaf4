/** Chooses the workers that get the classes of another one, by the room that they have. Pure. */
import type { HandedClass } from '@resumelb/protocol'
import type { WorkerSummary } from '../../pool/pool.ts'
import { workOf } from './handed-work.ts'

/** A worker that has served a class lately, and more than once, should have it in its caches. */
const warmCount = 1.5

/** The part of its time that a worker may be busy with what it has, and a class besides. */
const mostBusy = 0.85

/**
 * How much more the classes of a worker count than its work: a class too many drives out others,
 * while work that is unevenly spread only has to wait.
 */
const classWeight = 2

/** A worker that does so many times the work of another one for a class is its main home. */
const mainHomeRatio = 3

/** A worker with what was given to it, in addition to what it had. */
interface Heir<Worker> {
  readonly summary: WorkerSummary<Worker>
  classes: number
  demand: number
}

/**
 * Remembers what it has given away: the classes of a worker are spread over the others. The room of
 * a worker is judged by its classes, compared with what all have, and by the part of its time that
 * it is busy: while all are idle, only the classes matter, which caches must hold.
 */
export class Successors<Worker> {
  readonly #heirs: readonly Heir<Worker>[]

  constructor(summaries: readonly WorkerSummary<Worker>[]) {
    this.#heirs = summaries.map((summary) => {
      const { classes, demand } = summary
      return { summary, classes, demand }
    })
  }

  /**
   * A worker that has the class in its caches anyway; `undefined` if there is none, or if it has no
   * time for all requests of the class and another one has.
   */
  warmest(handed: HandedClass): Worker | undefined {
    const hasTime = (heir: Heir<Worker>) => busyWith(heir, handed) <= mostBusy
    const isWarm = ({ summary }: Heir<Worker>) => {
      return summary.countOf(handed.requestClass) >= warmCount
    }
    const warm = this.#heirs.filter(isWarm)
    const fit = this.#heirs.some(hasTime) ? warm.filter(hasTime) : warm
    return this.#give(handed, fit, () => 0)
  }

  /** Whether the worker has served most requests of the class, and the one that leaves few. */
  isMainHome(worker: Worker, handed: HandedClass): boolean {
    const heir = this.#heirs.find(({ summary }) => summary.worker === worker)
    const demand = heir?.summary.demandOf(handed.requestClass) ?? 0
    return demand > mainHomeRatio * workOf(handed)
  }

  /**
   * The worker with the most room; `undefined` if there is none. Those that `exchange` give another
   * class away for it.
   */
  roomiest(handed: HandedClass, exchange: ReadonlySet<Worker> = new Set()): Worker | undefined {
    return this.#give(handed, this.#heirs, ({ summary }) => (exchange.has(summary.worker) ? 0 : 1))
  }

  #give(
    handed: HandedClass,
    heirs: readonly Heir<Worker>[],
    added: (heir: Heir<Worker>) => number,
  ): Worker | undefined {
    const mean = meanClasses(this.#heirs)
    let best: Heir<Worker> | undefined
    let least = Number.POSITIVE_INFINITY
    for (const heir of heirs) {
      const full = (heir.classes + added(heir)) / heir.summary.weight / mean
      const cost = classWeight * full + busyWith(heir, handed)
      if (cost >= least) continue
      best = heir
      least = cost
    }
    if (best === undefined) return undefined
    best.classes += added(best)
    best.demand += workOf(handed)
    return best.summary.worker
  }
}

/** The part of its time that the worker would be busy, with the class; above 1 if it has too much. */
function busyWith({ demand, summary }: Heir<unknown>, handed: HandedClass): number {
  return (demand + workOf(handed)) / summary.weight
}

/** Of a unit of weight; above 0. */
function meanClasses(heirs: readonly Heir<unknown>[]): number {
  let [weights, classes] = [0, 0]
  for (const heir of heirs) {
    weights += heir.summary.weight
    classes += heir.classes
  }
  return Math.max(classes, 1) / weights
}
