/** Listens to events of a load balancer until it is ended. */
import type { LoadBalancerEvents } from '../events.ts'

export class Subscription {
  readonly #events: LoadBalancerEvents
  readonly #removals: (() => void)[] = []

  constructor(events: LoadBalancerEvents) {
    this.#events = events
  }

  /** As `events.on`. */
  readonly on: LoadBalancerEvents['on'] = (name, listener) => {
    this.#events.on(name, listener)
    this.#removals.push(() => this.#events.off(name, listener))
    return this.#events
  }

  /** Removes its listeners. */
  end(): void {
    for (const remove of this.#removals.splice(0)) remove()
  }
}
