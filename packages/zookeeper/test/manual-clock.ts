/** A clock that a test moves by hand. */
import type { Clock } from '../src/clock.ts'

export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.#now
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.#now + delay, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Callbacks that are still to come. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves on, calling back in order; promises settle between two callbacks. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    await settle()
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#now = timer.at
      timer.callback()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): { at: number; callback: () => void } | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
