/** Turns in proportion to capacities, for workers that are used in turn. */

/** What can have turns. */
export interface HasTurns {
  /** The part of its turn that it has had. Only {@link Turns} changes it. */
  turnUsed: number
}

/** For sums of fractions that should be 1. */
const tolerance = 1e-9

/** An element keeps its turn for as many uses as its capacity is a multiple of the least. */
export class Turns<Element extends HasTurns> {
  readonly #capacities = new Map<Element, number>()
  #least = 1
  #total = 0

  /** The sum of all capacities. */
  get total(): number {
    return this.#total
  }

  /** Adds an element, or changes its capacity. */
  set(element: Element, capacity: number): void {
    this.#capacities.set(element, capacity)
    this.#count()
  }

  remove(element: Element): void {
    this.#capacities.delete(element)
    this.#count()
  }

  /** Counts a use of the element; returns whether its turn is over. */
  use(element: Element): boolean {
    const capacity = this.#capacities.get(element) ?? this.#least
    element.turnUsed += this.#least / capacity
    if (element.turnUsed < 1 - tolerance) return false
    element.turnUsed = Math.max(0, element.turnUsed - 1)
    return true
  }

  #count(): void {
    this.#least = Math.min(...this.#capacities.values())
    this.#total = 0
    for (const capacity of this.#capacities.values()) this.#total += capacity
  }
}
