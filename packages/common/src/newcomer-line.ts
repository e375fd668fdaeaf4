/** What waits in the queue of newcomers, as one line of the queue of all. Pure. */
import type { Line, Turn } from './flow.ts'

/** The queue of newcomers. */
interface Within<Item> {
  readonly size: number
  next(now: number): Turn<Item> | undefined
  turns(): Iterable<Turn<Item>>
  add(turn: Turn<Item>): void
  addAgain(turn: Turn<Item>): void
  remove(turn: Turn<Item>): void
}

export class NewcomerLine<Item> implements Line<Item> {
  readonly #queue: Within<Item>

  constructor(queue: Within<Item>) {
    this.#queue = queue
  }

  get size(): number {
    return this.#queue.size
  }

  *[Symbol.iterator](): Generator<Turn<Item>, void, undefined> {
    for (const { outer } of this.#queue.turns()) if (outer !== undefined) yield outer
  }

  get first(): Turn<Item> | undefined {
    // The queue of all charges the turns of both.
    return this.#queue.next(Number.NEGATIVE_INFINITY)?.outer
  }

  add({ within }: Turn<Item>): void {
    if (within !== undefined) this.#queue.add(within)
  }

  /** The queue knows which turns come before it. */
  insert({ within }: Turn<Item>): void {
    if (within !== undefined) this.#queue.addAgain(within)
  }

  remove({ within }: Turn<Item>): void {
    if (within !== undefined) this.#queue.remove(within)
  }
}
