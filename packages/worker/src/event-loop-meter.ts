/** Measures the event-loop delay. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

const resolution = 20

export class EventLoopMeter {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution })

  start(): void {
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram.disable()
  }

  /** Mean delay in milliseconds since the last call. */
  take(): number {
    const mean = this.#histogram.mean / 1e6 - resolution
    this.#histogram.reset()
    return Math.max(0, mean || 0)
  }
}
