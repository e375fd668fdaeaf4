/** An event loop and its clock in the hands of a test. */
import type { Clock } from '../../src/clock.ts'

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

export class Loop implements Clock {
  time = 0
  readonly #later: (() => void)[] = []
  readonly #alarms: Set<Alarm> = new Set()

  now(): number {
    return this.time
  }

  after(delay: number, callback: () => void): () => void {
    const alarm = { at: this.time + delay, callback }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** In place of `setImmediate`. */
  readonly later = (callback: () => void): void => {
    this.#later.push(callback)
  }

  get isPending(): boolean {
    return this.#later.length > 0
  }

  /** Alarms that have not rung and were not cancelled. */
  get alarms(): number {
    return this.#alarms.size
  }

  /** Calls what was asked for until now. */
  turn(): void {
    for (const callback of this.#later.splice(0)) callback()
  }

  run(): void {
    while (this.isPending) this.turn()
  }

  /** Moves time on by so many milliseconds, and rings each alarm at its own time. */
  pass(milliseconds: number): void {
    const end = this.time + milliseconds
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#alarms.delete(next)
      this.time = next.at
      next.callback()
      this.run()
    }
    this.time = end
    this.run()
  }

  #next(end: number): Alarm | undefined {
    const due = [...this.#alarms].filter(({ at }) => at <= end)
    return due.sort((one, other) => one.at - other.at)[0]
  }
}
