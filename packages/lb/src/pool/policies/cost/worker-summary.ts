/** What a worker has in its caches and on its hands, by its skills. */
import type { RequestClass } from '@resumelb/protocol'
import type { WorkerSummary } from '../../pool.ts'
import type { ClassStats } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { none } from './skill-table.ts'

/**
 * The count from which a class is reckoned to be in the caches of a worker. After a single request,
 * it falls below within about 700 requests of other classes.
 */
const heldCount = 0.5

interface Sums {
  readonly classes: number
  readonly demand: number
}

/**
 * A summary as of one moment. The worker's skills, of which there may be thousands, are gone through
 * only if a sum over them is asked for, and once: who looks for the worker that knows a class best
 * needs none.
 */
class Summary<Worker> implements WorkerSummary<Worker> {
  readonly worker: Worker
  readonly weight: number
  readonly #member: number
  readonly #classStats: ClassStats
  readonly #now: number
  #sums: Sums | undefined

  constructor(member: CostMember<Worker>, classStats: ClassStats, now: number) {
    this.worker = member.worker
    this.weight = member.weight
    this.#member = member.number
    this.#classStats = classStats
    this.#now = now
  }

  get classes(): number {
    this.#sums ??= this.#add()
    return this.#sums.classes
  }

  get demand(): number {
    this.#sums ??= this.#add()
    return this.#sums.demand
  }

  countOf(requestClass: RequestClass): number {
    const record = this.#recordOf(requestClass)
    return record === none ? 0 : this.#classStats.skills.count(record)
  }

  demandOf(requestClass: RequestClass): number {
    const record = this.#recordOf(requestClass)
    return record === none ? 0 : this.#classStats.skills.demand(record, this.#now)
  }

  #add(): Sums {
    const { skills } = this.#classStats
    let classes = 0
    let demand = 0
    let record = skills.firstOf(this.#member)
    for (; record !== none; record = skills.after(record)) {
      if (skills.count(record) >= heldCount) classes++
      demand += skills.demand(record, this.#now)
    }
    return { classes, demand }
  }

  #recordOf(requestClass: RequestClass): number {
    const classNumber = this.#classStats.find(requestClass)
    return classNumber === none ? none : this.#classStats.skills.find(classNumber, this.#member)
  }
}

export function summaryOf<Worker>(
  member: CostMember<Worker>,
  classStats: ClassStats,
  now: number,
): WorkerSummary<Worker> {
  return new Summary(member, classStats, now)
}
