/** Says when load balancers should hear what the others have in progress at this worker. */
import type { Clock } from '@resumelb/common'

/** Milliseconds between two publications, at least. */
const interval = 50

/**
 * A load balancer hears of the others' work with every response. Where requests take seconds, that
 * is too late: until then, others send theirs to the same worker.
 */
export class OthersPublisher {
  readonly #clock: Clock
  readonly #publish: () => void
  #cancel: (() => void) | undefined

  constructor(clock: Clock, publish: () => void) {
    this.#clock = clock
    this.#publish = publish
  }

  /** The work in progress has changed. */
  changed(): void {
    this.#cancel ??= this.#clock.after(interval, () => {
      this.#cancel = undefined
      this.#publish()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
