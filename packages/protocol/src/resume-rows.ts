/** Skills and résumés as they go over the wire. */
import { asClass, asMap, asMeasure, asRow, bad, type Row } from './fields.ts'
import type { RequestClass, Resume, ResumeChanges, Skill } from './resume.ts'

/** A skill as four numbers. */
function skillRow(skill: Skill): Row {
  return [skill.score, skill.seconds, skill.count, skill.rate]
}

/** Reads the skill that begins at a place of a row. */
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

/** Skills by class; `null` for one that has faded. */
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

/** Bytes of one packed entry besides the class's name: its length, and a row of four numbers. */
const entryLength = 5 + 1 + 4 * 9

/**
 * Moves entries that take at most `length` bytes packed from `changes` to a new map, and one at
 * least: what is told in one frame.
 */
export function takePiece(changes: Map<RequestClass, Skill | null>, length: number): ResumeChanges {
  const piece = firstPiece(changes, length)
  for (const requestClass of piece.keys()) changes.delete(requestClass)
  return piece
}

/** A new map of the first entries, as many as take at most `length` bytes packed, and one at least. */
export function firstPiece<Entry extends Skill | null>(
  changes: ReadonlyMap<RequestClass, Entry>,
  length: number,
): Map<RequestClass, Entry> {
  const piece = new Map<RequestClass, Entry>()
  let left = length
  for (const [requestClass, skill] of changes) {
    left -= Buffer.byteLength(requestClass) + entryLength
    if (left < 0 && piece.size > 0) break
    piece.set(requestClass, skill)
  }
  return piece
}
