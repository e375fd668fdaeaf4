/** A clock that stands still until a test moves it. */
import type { Clock } from '../clock.ts'
import { settle } from './settle.ts'

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

export class ManualClock implements Clock {
  #now = 0
  readonly #alarms: Set<Alarm> = new Set()

  /** Alarms that have not rung and were not called off. */
  get pending(): number {
    return this.#alarms.size
  }

  now(): number {
    return this.#now
  }

  after(delay: number, callback: () => void): () => void {
    const alarm = { at: this.#now + delay, callback }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** Moves time on, ringing each alarm at its own time, and lets promises settle in between. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration
    // What promises that can settle are about to do may set alarms.
    await settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#alarms.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settle()
    }
    this.#now = end
    await settle()
  }

  /** Moves time on while nothing can ring, as when the event loop stands still. */
  standStill(duration: number): void {
    this.#now += duration
  }

  #next(end: number): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (alarm.at <= end && (first === undefined || alarm.at < first.at)) first = alarm
    }
    return first
  }
}
