/**
 * A table of items by id, for items that come and go all the time. Pure.
 *
 * Not a Map, because of V8's garbage collector: each table that a Map outgrows points to the next
 * one. Once one of them is in the old generation, everything added later survives until the next
 * major collection. That was measured to cost a balancer a quarter of its CPU time.
 */

/** An item of the table. Items in the same slot are linked. */
export interface Numbered<Thing> {
  readonly id: number
  /** Changed only by the table. */
  next: Thing | undefined
}

/** Number of slots of an empty table. Always a power of two. */
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

  /** Adds an item whose id is not in the table. */
  add(thing: Thing): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#put(thing)
    this.#size++
  }

  /** Removes the item, if it is in the table. */
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
    // A removed item must not keep others in memory.
    thing.next = undefined
    this.#size--
  }

  /** Empties the table and returns its items. */
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
