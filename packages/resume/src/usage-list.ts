/** Skill records in the order of their last use, with an iterator that wraps around. */
import type { SkillRecord } from './skill-record.ts'

/**
 * A doubly linked list through the records. A Map with re-insertion would take fewer lines, but
 * finding its first entry takes time for all entries that were deleted before it. It is not the
 * LinkedList of @resumelb/common because {@link next} needs a place in the list, which moves on
 * when its record is removed.
 */
export class UsageList {
  #oldest: SkillRecord | undefined
  #newest: SkillRecord | undefined
  /** The record that {@link next} returns next; undefined to start again. */
  #hand: SkillRecord | undefined

  get oldest(): SkillRecord | undefined {
    return this.#oldest
  }

  /** Adds a record at the newest end. */
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

  /** Moves a record to the newest end. */
  touch(record: SkillRecord): void {
    if (record === this.#newest) return
    this.remove(record)
    this.add(record)
  }

  /** Returns each record in turn, from the oldest to the newest, and starts again. */
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
