/** A priority queue: the least first. Pure. */

/** What can be in a {@link Heap}. */
export interface InHeap {
  /** Its index in the heap's array. Only the heap changes it. */
  place: number
  /** The least comes first. Call `changed` of the heap after a change. */
  rank: number
  /** Among equal ranks, the least comes first. */
  turn: number
}

/**
 * A binary heap whose elements may change their rank: each step costs the logarithm of its size.
 */
export class Heap<Element extends InHeap> {
  readonly #elements: Element[] = []

  get size(): number {
    return this.#elements.length
  }

  /** The first, or the first of those that `isWanted`: that takes a look at each. */
  first(isWanted?: (element: Element) => boolean): Element | undefined {
    if (isWanted === undefined) return this.#elements[0]
    let first: Element | undefined
    for (const element of this.#elements) {
      if (isWanted(element) && (first === undefined || isBefore(element, first))) {
        first = element
      }
    }
    return first
  }

  add(element: Element): void {
    element.place = this.#elements.length
    this.#elements.push(element)
    this.changed(element)
  }

  remove(element: Element): void {
    const last = this.#elements.pop()
    if (last === undefined || last === element) return
    this.#put(last, element.place)
    this.changed(last)
  }

  /** To be called when the element's rank or turn has changed. */
  changed(element: Element): void {
    this.#rise(element)
    this.#sink(element)
  }

  #rise(element: Element): void {
    for (let place = element.place; place > 0; place = element.place) {
      const parent = this.#elements[(place - 1) >> 1]
      if (parent === undefined || !isBefore(element, parent)) return
      this.#swap(element, parent)
    }
  }

  #sink(element: Element): void {
    for (;;) {
      const left = this.#elements[2 * element.place + 1]
      const right = this.#elements[2 * element.place + 2]
      if (left === undefined) return
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (!isBefore(child, element)) return
      this.#swap(element, child)
    }
  }

  #swap(a: Element, b: Element): void {
    const { place } = a
    this.#put(a, b.place)
    this.#put(b, place)
  }

  #put(element: Element, place: number): void {
    this.#elements[place] = element
    element.place = place
  }
}

function isBefore(a: InHeap, b: InHeap): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.turn < b.turn)
}
