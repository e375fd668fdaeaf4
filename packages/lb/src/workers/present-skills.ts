/** The skills that a worker still has, of the changes that it has sent. Pure. */
import type { Resume, ResumeChanges, Skill } from '@resumelb/protocol'

export function presentSkills(changes: ResumeChanges): Resume {
  const resume = new Map<string, Skill>()
  for (const [requestClass, skill] of changes) {
    if (skill !== null) resume.set(requestClass, skill)
  }
  return resume
}
