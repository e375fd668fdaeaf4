/** What was expected of the requests in progress when they were assigned, packed. */
import { Rows } from '../../structures/rows.ts'

/** The columns of a request. Times are in seconds. */
const column = { seconds: 0, delay: 1, warm: 2, cold: 3, crowding: 4, first: 5 } as const

/**
 * One row for each request in progress. With numbers in rows that are used again and again, instead
 * of in objects of each request, a pick leaves less than half as much to the garbage collector.
 */
export class Expectations {
  readonly #rows = new Rows()
  readonly #free: number[] = []
  #used = 0

  /** Adds a request. Returns its number, which is another request's after {@link remove}. */
  add(
    seconds: number,
    delay: number,
    warm: number,
    cold: number,
    crowding: number,
    first = 0,
  ): number {
    const request = this.#free.pop() ?? this.#used++
    const rows = this.#rows
    rows.reserve(request)
    rows.set(request, column.seconds, seconds)
    rows.set(request, column.delay, delay)
    rows.set(request, column.warm, warm)
    rows.set(request, column.cold, cold)
    rows.set(request, column.crowding, crowding)
    rows.set(request, column.first, first)
    return request
  }

  remove(request: number): void {
    this.#free.push(request)
  }

  /** Service time at its worker with the usual crowd there. */
  seconds(request: number): number {
    return this.#rows.get(request, column.seconds)
  }

  /** What it is expected to occupy its worker: the same with the crowd of that moment. */
  work(request: number): number {
    return this.seconds(request) + this.#rows.get(request, column.delay)
  }

  /** The first byte has come. Returns how much of the work was for that, as is known of some. */
  answer(request: number): number {
    const first = this.#rows.get(request, column.first)
    if (first === 0) return 0
    this.#rows.set(request, column.first, 0)
    this.#rows.set(request, column.delay, this.#rows.get(request, column.delay) - first)
    return first
  }

  /** Service time at a worker that has the class in its caches. */
  warm(request: number): number {
    return this.#rows.get(request, column.warm)
  }

  /** Service time at a worker that has not. */
  cold(request: number): number {
    return this.#rows.get(request, column.cold)
  }

  /** See `MemberTable.crowding`. */
  crowding(request: number): number {
    return this.#rows.get(request, column.crowding)
  }
}
