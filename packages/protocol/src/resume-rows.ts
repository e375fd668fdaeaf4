/** Skills and résumés on the wire. */
import { asClass, asMap, asMeasure, asRow, asSeconds, bad, type Row } from './fields.ts'
import type { Scalar } from './flat-row.ts'
import {
  maxRate,
  minScore,
  type RequestClass,
  type Resume,
  type ResumeChanges,
  type Skill,
} from './resume.ts'

/**
 * Places of a skill in a row: of any, of one with a size, and with how well that is known. The last
 * is for résumés only: the row of a response has no room for it.
 */
export const shortSkill = 4
export const longSkill = 7
export const longestSkill = 10

/** Adds a skill to a row, in {@link shortSkill} places, or {@link longSkill} if it has a size. */
export function addSkill(row: Scalar[], skill: Skill): void {
  row.push(skill.score, skill.seconds, skill.count, skill.rate)
  if (skill.fixed !== undefined) row.push(skill.fixed, skill.perUnit ?? 0, skill.rest ?? 0)
}

function skillRow(skill: Skill): Row {
  const row: Scalar[] = []
  addSkill(row, skill)
  const { fixed, units, spread = 0, perUnitAhead = 0 } = skill
  if (fixed !== undefined && units !== undefined) row.push(units, spread, perUnitAhead)
  return row
}

/** Reads the skill at a position of a row, up to its end or to places of later releases. */
export function readSkillAt(row: Row, at: number): Skill {
  const score = asMeasure(row[at], 'score', maxRate)
  if (score === 0) throw bad('score 0, expected more')
  const skill = {
    score: Math.max(score, minScore),
    seconds: asSeconds(row[at + 1], 'seconds'),
    count: asMeasure(row[at + 2], 'count'),
    rate: asMeasure(row[at + 3], 'rate', maxRate),
  }
  if (row.length < at + longSkill) return skill
  const rest = asSeconds(row[at + 6], 'seconds after the first byte')
  return {
    ...skill,
    fixed: asSeconds(row[at + shortSkill], 'fixed seconds'),
    perUnit: asMeasure(row[at + 5], 'seconds per unit'),
    ...(rest > 0 && { rest }),
  }
}

function readSkill(value: unknown): Skill {
  const row = asRow(value, shortSkill, 'skill')
  const skill = readSkillAt(row, 0)
  if (row.length < longestSkill) return skill
  return {
    ...skill,
    units: asMeasure(row[longSkill], 'units'),
    spread: asMeasure(row[longSkill + 1], 'spread of units'),
    perUnitAhead: asMeasure(row[longSkill + 2], 'seconds per unit ahead'),
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
    const skill = row === null ? null : readSkill(row)
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
