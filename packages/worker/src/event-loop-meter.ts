/** Measures by how much the event loop is late. */
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

  /** Milliseconds of delay, on average, since the last call. */
  take(): number {
    const mean = this.#histogram.mean / 1e6 - resolution
    this.#histogram.reset()
    return Math.max(0, mean || 0)
  }
}
