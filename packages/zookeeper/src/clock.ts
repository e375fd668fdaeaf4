/** Time as an argument: what waits or measures is handed a clock. */

export interface Clock {
  /** Milliseconds from any start. Never runs backwards. */
  now(): number
  /** Calls back once, `delay` milliseconds from now. The result cancels it; twice means nothing. */
  after(delay: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
