/**
 * Things by their numbers, for things that come and go all the time. Pure.
 *
 * A Map would do, but for V8's collector: each table that a Map outgrows points to the next one, so
 * that once one of them has got into the old generation, everything that is ever added survives until
 * the next big collection. Measured, that cost a balancer a quarter of its processor time.
 */

/** What stands in the table. The things of one slot point at each other. */
export interface Numbered<Thing> {
  readonly id: number
  /** Only the table changes it. */
  next: Thing | undefined
}

/** Slots of an empty table. Always a power of two. */
const fewestSlots = 64

export class ById<Thing extends Numbered<Thing>> {
  #slots: (Thing | undefined)[] = emptySlots(fewestSlots)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  get(id: number): Thing | undefined {
    let thing = this.#slots[id & (this.#slots.length - 1)]
    while (thing !== undefined && thing.id !== id) thing = thing.next
    return thing
  }

  /** Adds a thing whose number is not in the table. */
  add(thing: Thing): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#put(thing)
    this.#size++
  }

  /** Takes the thing out, if it is in. */
  remove(thing: Thing): void {
    const slot = thing.id & (this.#slots.length - 1)
    let before: Thing | undefined
    let at = this.#slots[slot]
    while (at !== undefined && at !== thing) {
      before = at
      at = at.next
    }
    if (at === undefined) return
    if (before === undefined) this.#slots[slot] = thing.next
    else before.next = thing.next
    // Nothing must be kept alive by what has left.
    thing.next = undefined
    this.#size--
  }

  /** Empties the table and returns what was in it. */
  clear(): Thing[] {
    const things: Thing[] = []
    for (const first of this.#slots) {
      for (let thing = first; thing !== undefined; thing = thing.next) things.push(thing)
    }
    for (const thing of things) thing.next = undefined
    this.#slots = emptySlots(fewestSlots)
    this.#size = 0
    return things
  }

  #grow(): void {
    const things = this.clear()
    this.#slots = emptySlots(2 * things.length)
    for (const thing of things) this.#put(thing)
    this.#size = things.length
  }

  #put(thing: Thing): void {
    const slot = thing.id & (this.#slots.length - 1)
    thing.next = this.#slots[slot]
    this.#slots[slot] = thing
  }
}

function emptySlots<Thing>(count: number): (Thing | undefined)[] {
  return new Array<Thing | undefined>(count).fill(undefined)
}
