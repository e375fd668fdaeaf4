/** The reported skills of all workers, packed. */

import { NumberLists } from '../../structures/number-lists.ts'
import { grown, Rows, roomFor } from '../../structures/rows.ts'
import { fade } from './estimate.ts'

/**
 * Places that a record moves at a time in its class's order: long lists must not cost long sorts.
 */
const maxMoves = 16

/** No record. */
export const none = -1

/** The columns of a record. */
const column = { seconds: 0, count: 1, rate: 2, at: 3, member: 4, class: 5, place: 6 } as const

/**
 * One record for each worker and class, by number. A class's records are in the order of their
 * counts, greatest first, and those of one worker are chained. With rows of numbers instead of
 * objects a record takes 80 bytes, where objects in maps took 800.
 */
export class SkillTable {
  readonly #rows = new Rows()
  #before = new Int32Array(0)
  #after = new Int32Array(0)
  /** By the number of the member: the first of its records, plus 1. */
  #firsts = new Int32Array(0)
  readonly #byClass = new NumberLists()
  /** The members of these records: to look for one must not mean to fetch a hundred rows. */
  readonly #membersByClass = new NumberLists()
  readonly #free: number[] = []
  #used = 0

  get size(): number {
    return this.#used - this.#free.length
  }

  /** How many workers have a record of the class. */
  countOf(classNumber: number): number {
    return this.#byClass.length(classNumber)
  }

  /** The class's record at this place, which is below its count. */
  at(classNumber: number, place: number): number {
    return this.#byClass.at(classNumber, place)
  }

  /** The member's record of the class, or {@link none}. */
  find(classNumber: number, member: number): number {
    const place = this.#membersByClass.indexOf(classNumber, member)
    return place === -1 ? none : this.at(classNumber, place)
  }

  /** Says whether the number is, still, that of the member's record of the class. */
  isRecordOf(record: number, classNumber: number, member: number): boolean {
    if (record === none) return false
    return this.memberOf(record) === member && this.classOf(record) === classNumber
  }

  /** The first record of the member, or {@link none}; {@link after} leads through the others. */
  firstOf(member: number): number {
    return member < this.#firsts.length ? (this.#firsts[member] as number) - 1 : none
  }

  after(record: number): number {
    return this.#after[record] as number
  }

  memberOf(record: number): number {
    return this.#rows.get(record, column.member)
  }

  classOf(record: number): number {
    return this.#rows.get(record, column.class)
  }

  /** Mean service time in seconds. */
  seconds(record: number): number {
    return this.#rows.get(record, column.seconds)
  }

  /** Requests, fading. 0 for a class that was assigned to the worker and not served yet. */
  count(record: number): number {
    return this.#rows.get(record, column.count)
  }

  /** Requests per second, as of now. */
  rate(record: number, now: number): number {
    const rate = this.#rows.get(record, column.rate)
    return rate === 0 ? 0 : rate * fade(now - this.#rows.get(record, column.at))
  }

  /** Seconds of work per second that its requests are. */
  demand(record: number, now: number): number {
    return this.rate(record, now) * this.seconds(record)
  }

  /** Seconds since the worker has told of it. */
  age(record: number, now: number): number {
    return now - this.#rows.get(record, column.at)
  }

  /** Adds a record of which nothing is known. The member has none of the class. */
  add(classNumber: number, member: number): number {
    const record = this.#free.pop() ?? this.#used++
    this.#rows.reserve(record)
    this.#rows.clear(record)
    this.#rows.set(record, column.member, member)
    this.#rows.set(record, column.class, classNumber)
    this.#rows.set(record, column.place, this.countOf(classNumber))
    this.#byClass.push(classNumber, record)
    this.#membersByClass.push(classNumber, member)
    this.#chain(record, member)
    return record
  }

  /** Takes in what the worker says, and moves the record towards its place in the class's order. */
  set(record: number, seconds: number, count: number, rate: number, now: number): void {
    const before = this.#rows.get(record, column.count)
    this.#rows.set(record, column.seconds, seconds)
    this.#rows.set(record, column.count, count)
    this.#rows.set(record, column.rate, rate)
    this.#rows.set(record, column.at, now)
    if (count >= before) this.#moveForward(record, count)
    else this.#moveBack(record, count)
  }

  remove(record: number): void {
    const classNumber = this.classOf(record)
    const last = this.countOf(classNumber) - 1
    for (let place = this.#rows.get(record, column.place); place < last; place++) {
      this.#put(classNumber, place, this.at(classNumber, place + 1))
    }
    this.#byClass.pop(classNumber)
    this.#membersByClass.pop(classNumber)
    this.#unchain(record)
    this.#rows.set(record, column.member, none)
    this.#free.push(record)
  }

  #moveForward(record: number, count: number): void {
    const classNumber = this.classOf(record)
    const from = this.#rows.get(record, column.place)
    let place = from
    for (; place > 0 && from - place < maxMoves; place--) {
      const other = this.at(classNumber, place - 1)
      if (this.count(other) >= count) break
      this.#put(classNumber, place, other)
    }
    if (place !== from) this.#put(classNumber, place, record)
  }

  #moveBack(record: number, count: number): void {
    const classNumber = this.classOf(record)
    const last = this.countOf(classNumber) - 1
    const from = this.#rows.get(record, column.place)
    let place = from
    for (; place < last && place - from < maxMoves; place++) {
      const other = this.at(classNumber, place + 1)
      if (this.count(other) <= count) break
      this.#put(classNumber, place, other)
    }
    if (place !== from) this.#put(classNumber, place, record)
  }

  #put(classNumber: number, place: number, record: number): void {
    this.#byClass.set(classNumber, place, record)
    this.#membersByClass.set(classNumber, place, this.memberOf(record))
    this.#rows.set(record, column.place, place)
  }

  #chain(record: number, member: number): void {
    if (record >= this.#after.length) {
      this.#before = grown(this.#before, roomFor(record + 1))
      this.#after = grown(this.#after, roomFor(record + 1))
    }
    if (member >= this.#firsts.length) this.#firsts = grown(this.#firsts, roomFor(member + 1))
    const next = this.firstOf(member)
    this.#before[record] = none
    this.#after[record] = next
    if (next !== none) this.#before[next] = record
    this.#firsts[member] = record + 1
  }

  #unchain(record: number): void {
    const before = this.#before[record] as number
    const after = this.#after[record] as number
    if (before === none) this.#firsts[this.memberOf(record)] = after + 1
    else this.#after[before] = after
    if (after !== none) this.#before[after] = before
  }
}
