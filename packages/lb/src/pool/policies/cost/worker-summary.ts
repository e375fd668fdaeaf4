/** What a worker has in its caches and on its hands, by its skills. */
import type { WorkerSummary } from '../../pool.ts'
import type { ClassStats } from './class-stats.ts'
import type { CostMember } from './cost-member.ts'
import { none } from './skill-table.ts'

/**
 * The count from which a class is reckoned to be in the caches of a worker. After a single request,
 * it falls below within about 700 requests of other classes.
 */
const heldCount = 0.5

export function summaryOf<Worker>(
  { worker, weight, number }: CostMember<Worker>,
  classStats: ClassStats,
  now: number,
): WorkerSummary<Worker> {
  const { skills } = classStats
  let classes = 0
  let demand = 0
  const demandAt = (record: number) => skills.rate(record, now) * skills.seconds(record)
  let record = skills.firstOf(number)
  for (; record !== none; record = skills.after(record)) {
    if (skills.count(record) >= heldCount) classes++
    demand += demandAt(record)
  }
  const recordOf = (requestClass: string) => {
    const classNumber = classStats.find(requestClass)
    return classNumber === none ? none : skills.find(classNumber, number)
  }
  const countOf = (requestClass: string) => {
    const known = recordOf(requestClass)
    return known === none ? 0 : skills.count(known)
  }
  const demandOf = (requestClass: string) => {
    const known = recordOf(requestClass)
    return known === none ? 0 : demandAt(known)
  }
  return { worker, weight, classes, demand, countOf, demandOf }
}
