/** A résumé, or changes of one, in slices. Pure. */
import type { RequestClass, Resume, ResumeChanges, Skill } from './resume.ts'

export interface ResumeSlices {
  /** Classes that have not been taken. */
  readonly left: number
  /** The next classes, at most this number. */
  take(most: number): ResumeChanges
}

/** Slices of a decoded résumé, which must not change. */
export class ReadResumeSlices implements ResumeSlices {
  readonly #entries: Iterator<readonly [RequestClass, Skill]>
  #left: number

  constructor(resume: Resume) {
    this.#entries = resume.entries()
    this.#left = resume.size
  }

  get left(): number {
    return this.#left
  }

  take(most: number): Map<RequestClass, Skill> {
    const slice = new Map<RequestClass, Skill>()
    for (let count = Math.min(most, this.#left); count > 0; count--) {
      const [requestClass, skill] = this.#entries.next().value as readonly [RequestClass, Skill]
      slice.set(requestClass, skill)
    }
    this.#left -= slice.size
    return slice
  }
}
