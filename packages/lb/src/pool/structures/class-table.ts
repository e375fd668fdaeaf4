/** Gives request classes small numbers, and never has more of them than it may. */
import type { RequestClass } from '@resumelb/protocol'
import { grown, roomFor } from './rows.ts'

/** Uses that count: a class used more often is not kept longer. */
const maxUses = 3

/** The part of the table for classes that have been used once. */
const newcomersShare = 0.1

/**
 * A table of classes by name. When it is full, a new class takes the place of an old one: S3-FIFO
 * (Yang et al., "FIFO Queues are All You Need for Cache Eviction", SOSP 2023) without its ghosts.
 * Classes first stand in a short queue of newcomers, and only those used again before they reach
 * its end get into the long one, where every use gives another round. So a million invented
 * classes, each used once, only drive out each other.
 */
export class ClassTable {
  readonly #numbers = new Map<RequestClass, number>()
  readonly #names: (RequestClass | undefined)[] = []
  /** In bytes, so that they stay in the processor's cache. */
  #uses = new Uint8Array(0)
  readonly #free: number[] = []
  readonly #newcomers = new Fifo()
  readonly #regulars = new Fifo()
  readonly #onForget: (number: number) => void
  #maxClasses: number

  /** `onForget` is called with the number of a class before that is given to another. */
  constructor(maxClasses: number, onForget: (number: number) => void) {
    this.#maxClasses = maxClasses
    this.#onForget = onForget
  }

  get size(): number {
    return this.#numbers.size
  }

  /** Numbers are below this. It grows to the greatest `maxClasses` there was. */
  get limit(): number {
    return this.#names.length
  }

  get maxClasses(): number {
    return this.#maxClasses
  }

  /** Forgets classes at once if there are now too many. */
  set maxClasses(maxClasses: number) {
    this.#maxClasses = maxClasses
    while (this.size > maxClasses) this.forgetOne()
  }

  /** The class's number, if it has one. Does not count as a use. */
  find(requestClass: RequestClass): number | undefined {
    return this.#numbers.get(requestClass)
  }

  /**
   * The class's number, given to it now if it had none. `isKnown` says that it has been used
   * before, as far as others tell, so that a new entry is not taken for an invention.
   */
  use(requestClass: RequestClass, isKnown = false): number {
    const known = this.#numbers.get(requestClass)
    if (known !== undefined) {
      const uses = this.#uses[known] ?? 0
      if (uses < maxUses) this.#uses[known] = uses + 1
      return known
    }
    if (this.size >= this.#maxClasses) this.forgetOne()
    const number = this.#free.pop() ?? this.#names.length
    this.#numbers.set(requestClass, number)
    this.#names[number] = requestClass
    if (number >= this.#uses.length) this.#uses = grown(this.#uses, roomFor(number + 1))
    this.#uses[number] = isKnown ? 1 : 0
    this.#newcomers.push(number)
    return number
  }

  nameOf(number: number): RequestClass | undefined {
    return this.#names[number]
  }

  /** Makes room for one class. Nothing happens in an empty table. */
  forgetOne(): void {
    const number = this.#leastUseful()
    const name = number === undefined ? undefined : this.#names[number]
    if (number === undefined || name === undefined) return
    this.#onForget(number)
    this.#numbers.delete(name)
    this.#names[number] = undefined
    this.#free.push(number)
  }

  #leastUseful(): number | undefined {
    for (;;) {
      const tooManyNew = this.#newcomers.length > this.#maxClasses * newcomersShare
      const queue = tooManyNew || this.#regulars.length === 0 ? this.#newcomers : this.#regulars
      const number = queue.shift()
      if (number === undefined) return undefined
      const uses = this.#uses[number] ?? 0
      if (uses === 0) return number
      this.#uses[number] = uses - 1
      this.#regulars.push(number)
    }
  }
}

/** A queue of numbers in which both ends are quick. */
class Fifo {
  #numbers: number[] = []
  #first = 0

  get length(): number {
    return this.#numbers.length - this.#first
  }

  push(number: number): void {
    this.#numbers.push(number)
  }

  shift(): number | undefined {
    const number = this.#numbers[this.#first]
    if (number === undefined) return undefined
    this.#first++
    if (this.#first > 1024 && this.#first * 2 > this.#numbers.length) {
      this.#numbers = this.#numbers.slice(this.#first)
      this.#first = 0
    }
    return number
  }
}
