/** What another home would save the requests of a class. */
import type { ClassStats } from './class-stats.ts'
import { matureCount, maxSkilled, warmCount } from './cost-settings.ts'
import type { MemberTable } from './member-table.ts'
import { none } from './skill-table.ts'

/** Seconds without a request after which a worker no longer counts as a home of a class. */
const homeSeconds = 10

/** What a value depends on, besides the class. */
export interface HomeValueContext {
  readonly table: MemberTable
  readonly classStats: ClassStats
  readonly now: number
}

/**
 * How much less the requests of the class would wait, per second, if this member were a home, too:
 * the part of a worker's time that the class takes, at all its homes, × the difference between the
 * shortest backlog there and the member's, in requests per slot. 0 if the member is a home of it.
 */
export function homeValue(
  classNumber: number,
  member: number,
  { table, classStats: { skills }, now }: HomeValueContext,
): number {
  const own = skills.find(classNumber, member)
  const isKnown = own !== none && skills.count(own) >= matureCount
  if (isKnown && skills.age(own, now) <= homeSeconds) return 0
  let demand = 0
  let shortest = Number.POSITIVE_INFINITY
  const count = Math.min(skills.countOf(classNumber), maxSkilled)
  for (let place = 0; place < count; place++) {
    const record = skills.at(classNumber, place)
    if (skills.count(record) < warmCount || skills.age(record, now) > homeSeconds) continue
    demand += skills.demand(record, now)
    shortest = Math.min(shortest, table.meanBacklogPerSlot(skills.memberOf(record), now))
  }
  return demand > 0 ? demand * (shortest - table.meanBacklogPerSlot(member, now)) : 0
}
