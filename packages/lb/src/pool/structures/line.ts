/** Things in the order of their last use, least recent first; every step takes the same time. */

/** What can stand in a {@link Line}. Only the line changes these. */
export interface InLine<Self> {
  before: Self | undefined
  after: Self | undefined
  /** Grows from the head of the line to its end. */
  turn: number
}

/** A doubly linked list through its elements. */
export class Line<Element extends InLine<Element>> {
  #head: Element | undefined
  #last: Element | undefined
  #firstTurn = 0
  #lastTurn = 0

  get head(): Element | undefined {
    return this.#head
  }

  /** For one that is not in the line. */
  putAtHead(element: Element): void {
    element.turn = --this.#firstTurn
    element.before = undefined
    element.after = this.#head
    if (this.#head === undefined) this.#last = element
    else this.#head.before = element
    this.#head = element
  }

  /** For one that is in the line. */
  moveToEnd(element: Element): void {
    this.remove(element)
    element.turn = ++this.#lastTurn
    element.before = this.#last
    if (this.#last === undefined) this.#head = element
    else this.#last.after = element
    this.#last = element
  }

  /** For one that is in the line. */
  remove(element: Element): void {
    const { before, after } = element
    if (before === undefined) this.#head = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    element.before = undefined
    element.after = undefined
  }
}
