/** Skill records in the order of their last use, with a hand that goes round. */
import type { SkillRecord } from './skill-record.ts'

/**
 * A doubly linked list through the records themselves. A Map re-inserted into would do the same
 * in fewer lines, but finding its first entry costs a walk over all that were deleted before it.
 */
export class UsageList {
  #oldest: SkillRecord | undefined
  #newest: SkillRecord | undefined
  /** The record that {@link next} returns next; undefined when it begins again. */
  #hand: SkillRecord | undefined

  get oldest(): SkillRecord | undefined {
    return this.#oldest
  }

  /** Puts a record that is not in the list at its newest end. */
  add(record: SkillRecord): void {
    record.older = this.#newest
    record.newer = undefined
    if (this.#newest) this.#newest.newer = record
    else this.#oldest = record
    this.#newest = record
  }

  remove(record: SkillRecord): void {
    const { older, newer } = record
    if (this.#hand === record) this.#hand = newer
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    record.older = undefined
    record.newer = undefined
  }

  /** Makes a record of the list the newest. */
  touch(record: SkillRecord): void {
    if (record === this.#newest) return
    this.remove(record)
    this.add(record)
  }

  /** Every record in turn, from the oldest to the newest and round again. */
  next(): SkillRecord | undefined {
    const record = this.#hand ?? this.#oldest
    this.#hand = record?.newer
    return record
  }

  /** From the least to the most recently used. */
  *[Symbol.iterator](): Generator<SkillRecord, void> {
    for (let record = this.#oldest; record; record = record.newer) yield record
  }
}
