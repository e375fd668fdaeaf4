/** All that workers have told about their skills, packed. */
import { grown, roomFor } from './columns.ts'
import { fade } from './estimate.ts'
import { NumberLists } from './number-lists.ts'

/** Places that a record moves at a time in its class's order: long lists must not cost long sorts. */
const maxMoves = 16

/** No record. */
export const none = -1

/**
 * One record for each worker and class, by number. A class's records are in the order of their
 * counts, greatest first, and those of one worker are chained. Columns of numbers instead of objects:
 * 44 bytes a record, where objects in maps took 800.
 */
export class SkillTable {
  #seconds = new Float64Array(0)
  #at = new Float64Array(0)
  #counts = new Float32Array(0)
  #rates = new Float32Array(0)
  #members = new Int32Array(0)
  #classes = new Int32Array(0)
  #places = new Int32Array(0)
  #before = new Int32Array(0)
  #after = new Int32Array(0)
  /** By the number of the member: the first of its records, plus 1. */
  #firsts = new Int32Array(0)
  readonly #byClass = new NumberLists()
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
    const count = this.countOf(classNumber)
    for (let place = 0; place < count; place++) {
      const record = this.at(classNumber, place)
      if (this.#members[record] === member) return record
    }
    return none
  }

  /** Says whether the number is, still, that of the member's record of the class. */
  isRecordOf(record: number, classNumber: number, member: number): boolean {
    return (
      record !== none && this.#members[record] === member && this.#classes[record] === classNumber
    )
  }

  /** The first record of the member, or {@link none}; {@link after} leads through the others. */
  firstOf(member: number): number {
    return member < this.#firsts.length ? (this.#firsts[member] as number) - 1 : none
  }

  after(record: number): number {
    return this.#after[record] as number
  }

  memberOf(record: number): number {
    return this.#members[record] as number
  }

  classOf(record: number): number {
    return this.#classes[record] as number
  }

  /** Mean service time in seconds. */
  seconds(record: number): number {
    return this.#seconds[record] as number
  }

  /** Requests, fading. 0 for a class that was assigned to the worker and not served yet. */
  count(record: number): number {
    return this.#counts[record] as number
  }

  /** Requests per second, as of now. */
  rate(record: number, now: number): number {
    const rate = this.#rates[record] as number
    return rate === 0 ? 0 : rate * fade(now - (this.#at[record] as number))
  }

  /** Adds a record of which nothing is known. The member has none of the class. */
  add(classNumber: number, member: number): number {
    const record = this.#free.pop() ?? this.#used++
    if (record >= this.#members.length) this.#grow(roomFor(record + 1))
    this.#members[record] = member
    this.#classes[record] = classNumber
    this.#counts[record] = 0
    this.#rates[record] = 0
    this.#places[record] = this.countOf(classNumber)
    this.#byClass.push(classNumber, record)
    this.#chain(record, member)
    return record
  }

  /** Takes in what the worker says, and moves the record towards its place in the class's order. */
  set(record: number, seconds: number, count: number, rate: number, now: number): void {
    this.#seconds[record] = seconds
    this.#counts[record] = count
    this.#rates[record] = rate
    this.#at[record] = now
    this.#sort(record)
  }

  remove(record: number): void {
    const classNumber = this.classOf(record)
    const last = this.countOf(classNumber) - 1
    for (let place = this.#places[record] as number; place < last; place++) {
      this.#put(classNumber, place, this.at(classNumber, place + 1))
    }
    this.#byClass.pop(classNumber)
    this.#unchain(record)
    this.#members[record] = none
    this.#free.push(record)
  }

  #sort(record: number): void {
    const classNumber = this.classOf(record)
    const count = this.count(record)
    const last = this.countOf(classNumber) - 1
    let place = this.#places[record] as number
    let moves = maxMoves
    for (; place > 0 && moves > 0; place--, moves--) {
      const other = this.at(classNumber, place - 1)
      if (this.count(other) >= count) break
      this.#put(classNumber, place, other)
    }
    for (; place < last && moves > 0; place++, moves--) {
      const other = this.at(classNumber, place + 1)
      if (this.count(other) <= count) break
      this.#put(classNumber, place, other)
    }
    this.#put(classNumber, place, record)
  }

  #put(classNumber: number, place: number, record: number): void {
    this.#byClass.set(classNumber, place, record)
    this.#places[record] = place
  }

  #chain(record: number, member: number): void {
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

  #grow(length: number): void {
    this.#seconds = grown(this.#seconds, length)
    this.#at = grown(this.#at, length)
    this.#counts = grown(this.#counts, length)
    this.#rates = grown(this.#rates, length)
    this.#members = grown(this.#members, length)
    this.#classes = grown(this.#classes, length)
    this.#places = grown(this.#places, length)
    this.#before = grown(this.#before, length)
    this.#after = grown(this.#after, length)
  }
}
