/** The door to time: everything that waits takes a Clock, so that tests can turn its hands. */
import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Milliseconds from any start; never runs backwards. */
  now(): number
  /** Calls back once after `delay` milliseconds; the function it returns calls that off. */
  after(delay: number, callback: () => void): () => void
}

/** The computer's own monotonic clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * The same clock for what a program awaits and has nothing else to live for: its timers keep the
 * process.
 */
export const awaitedClock: Clock = {
  now: systemClock.now,
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
