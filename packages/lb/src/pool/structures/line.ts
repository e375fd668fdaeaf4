/** Elements in the order of their last use, least recent first. Every operation is O(1). */
import { type Linked, LinkedList } from '@resumelb/common'

/** What can stand in a {@link Line}. Only the line changes these. */
export interface InLine<Self> extends Linked<Self> {
  /** Grows from the head of the line to its end. */
  turn: number
}

/** A linked list whose elements know, by their turns, which of two comes first. */
export class Line<Element extends InLine<Element>> {
  readonly #list = new LinkedList<Element>()
  #firstTurn = 0
  #lastTurn = 0

  get head(): Element | undefined {
    return this.#list.first
  }

  /** For an element that is not in the line. */
  putAtHead(element: Element): void {
    element.turn = --this.#firstTurn
    this.#list.addFirst(element)
  }

  /** For an element that is in the line. */
  moveToEnd(element: Element): void {
    element.turn = ++this.#lastTurn
    this.#list.add(element)
  }

  /** For an element that is in the line. */
  remove(element: Element): void {
    this.#list.remove(element)
  }
}
