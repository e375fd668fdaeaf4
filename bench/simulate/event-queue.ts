/** What is still to happen in a simulation, soonest first. */
import type { Clock } from '@resumelb/common'

interface Event {
  readonly at: number
  /** Of two events at the same time, the one that was added first happens first. */
  readonly order: number
  readonly happen: () => void
}

/** A binary heap of events, and the clock that they move. */
export class EventQueue {
  /** Seconds since the start of the simulation. */
  now = 0
  #added = 0
  readonly #heap: Event[] = []

  get size(): number {
    return this.#heap.length
  }

  /** As production code sees it. */
  readonly clock: Clock = {
    now: () => this.now * 1000,
    after: (delay, callback) => {
      let isCancelled = false
      this.after(delay / 1000, () => {
        if (!isCancelled) callback()
      })
      return () => {
        isCancelled = true
      }
    },
  }

  /** Has something happen in so many seconds from now. */
  after(delay: number, happen: () => void): void {
    this.at(this.now + delay, happen)
  }

  at(time: number, happen: () => void): void {
    this.#heap.push({ at: Math.max(time, this.now), order: this.#added++, happen })
    this.#rise(this.#heap.length - 1)
  }

  /** Lets everything happen that happens before `end`, which is then the time. */
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next && next.at < end; next = this.#heap[0]) {
      this.#takeFirst()
      this.now = next.at
      next.happen()
    }
    this.now = end
  }

  #takeFirst(): void {
    const last = this.#heap.pop()
    if (!last || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(from: number): void {
    const heap = this.#heap
    const event = heap[from]!
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = event
  }

  #sink(): void {
    const heap = this.#heap
    const event = heap[0]!
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, event)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = event
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
