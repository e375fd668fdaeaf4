/** Skills and résumés on the wire. */
import { asClass, asMap, asMeasure, asRow, bad, type Row } from './fields.ts'
import type { RequestClass, Resume, ResumeChanges, Skill } from './resume.ts'

/** A skill as four numbers. */
function skillRow(skill: Skill): Row {
  return [skill.score, skill.seconds, skill.count, skill.rate]
}

/** Reads the skill at a position of a row. */
export function readSkillAt(row: Row, at: number): Skill {
  const score = asMeasure(row[at], 'score')
  if (score === 0) throw bad('score 0, expected more')
  return {
    score,
    seconds: asMeasure(row[at + 1], 'seconds'),
    count: asMeasure(row[at + 2], 'count'),
    rate: asMeasure(row[at + 3], 'rate'),
  }
}

/** Skills by class; `null` for one that was forgotten. */
export function resumeMap(changes: ResumeChanges): Map<RequestClass, Row | null> {
  const rows = new Map<RequestClass, Row | null>()
  for (const [requestClass, skill] of changes) {
    rows.set(requestClass, skill === null ? null : skillRow(skill))
  }
  return rows
}

export function readResumeChanges(value: unknown): ResumeChanges {
  const changes = new Map<RequestClass, Skill | null>()
  for (const [requestClass, row] of asMap(value, 'resume')) {
    const skill = row === null ? null : readSkillAt(asRow(row, 4, 'skill'), 0)
    changes.set(asClass(requestClass), skill)
  }
  return changes
}

export function readResume(value: unknown): Resume {
  const resume = new Map<RequestClass, Skill>()
  for (const [requestClass, skill] of readResumeChanges(value)) {
    if (skill === null) throw bad(`faded class ${requestClass} in a whole resume`)
    resume.set(requestClass, skill)
  }
  return resume
}
