/** What a search has found out about workers, for an explanation. */
import type { Candidate } from '../../explanation.ts'
import type { CostMember } from './cost-member.ts'
import type { Considered } from './search.ts'
import { none, type SkillTable } from './skill-table.ts'

/** The worker that was considered for a request of the class. */
export function candidateOf<Worker>(
  { worker, backlog }: CostMember<Worker>,
  { member, ...figures }: Considered,
  skills: SkillTable,
  classNumber: number,
  now: number,
): Candidate<Worker> {
  const candidate = { worker, backlog, ...figures }
  const record = skills.find(classNumber, member)
  if (record === none) return candidate
  const skill = {
    seconds: skills.seconds(record),
    count: skills.count(record),
    rate: skills.rate(record, now),
  }
  return { ...candidate, skill }
}

/** Those of the members that are to be avoided. */
export function avoidedOf<Worker>(
  members: readonly CostMember<Worker>[],
  avoid: ReadonlySet<Worker> = new Set(),
): Candidate<Worker>[] {
  return members
    .filter(({ worker }) => avoid.has(worker))
    .map(({ worker, backlog }) => ({ worker, role: 'avoided', backlog }))
}
