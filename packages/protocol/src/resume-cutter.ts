/** Splits a résumé, or changes of one, into pieces that fit into a frame. Pure. */
import { Buffer } from 'node:buffer'
import type { RequestClass, Skill } from './resume.ts'
import { longestSkill, shortSkill } from './resume-rows.ts'

/** Maximum bytes of a packed entry with so many numbers, without the name of the class. */
const entryLength = (numbers: number) => 5 + 1 + numbers * 9
const shortEntry = entryLength(shortSkill)
const longEntry = entryLength(longestSkill)

/**
 * Takes the entries of a map in order, each once; the map may change meanwhile. The time for a
 * piece is proportional to its own length: a map with many deleted entries at its start is slow to
 * iterate anew.
 */
export class ResumeCutter<Entry extends Skill | null> {
  readonly #entries: ReadonlyMap<RequestClass, Entry>
  readonly #order: Iterator<RequestClass>
  /** The next class, if it has been read from the iterator. */
  #next: RequestClass | undefined

  constructor(entries: ReadonlyMap<RequestClass, Entry>) {
    this.#entries = entries
    this.#order = entries.keys()
  }

  /** Whether all entries have been taken. */
  get isDone(): boolean {
    return this.#peek() === undefined
  }

  /** A new map of the next entries: at most `length` bytes packed, and at least one entry. */
  take(length: number): Map<RequestClass, Entry> {
    const piece = new Map<RequestClass, Entry>()
    let left = length
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      const entry = this.#entries.get(next) as Entry
      left -= Buffer.byteLength(next) + (entry?.fixed === undefined ? shortEntry : longEntry)
      if (left < 0 && piece.size > 0) break
      piece.set(next, entry)
      this.#next = undefined
    }
    return piece
  }

  /** The next class, unless it was deleted in the meantime. */
  #peek(): RequestClass | undefined {
    while (this.#next === undefined || !this.#entries.has(this.#next)) {
      const { done, value } = this.#order.next()
      if (done) return undefined
      this.#next = value
    }
    return this.#next
  }
}
