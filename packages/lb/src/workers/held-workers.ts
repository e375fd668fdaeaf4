/** The workers that an operator has taken out of service, and until when their requests may last. */
import type { Clock } from '@resumelb/common'
import type { Worker } from './worker.ts'

export class HeldWorkers {
  readonly #clock: Clock
  /** With what cancels their deadlines. */
  readonly #held: Map<Worker, () => void> = new Map()
  /** Addresses of workers to hold as soon as they are listed. */
  readonly #awaited: Set<string> = new Set()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(worker: Worker): boolean {
    return this.#held.has(worker)
  }

  /** The addresses of all, also of those that are not listed yet. */
  get addresses(): string[] {
    return [...[...this.#held.keys()].map(({ key }) => key), ...this.#awaited]
  }

  /**
   * Holds a worker. After `deadline` milliseconds from now it is disconnected, `undefined`: never.
   */
  hold(worker: Worker, deadline?: number): void {
    this.#held.get(worker)?.()
    const end = () => worker.disconnect()
    this.#held.set(worker, deadline === undefined ? noop : this.#clock.after(deadline, end))
  }

  /** Holds the worker that will have that address. */
  holdLater(address: string): void {
    this.#awaited.add(address)
  }

  /** A worker is listed: it is held if that was to be. */
  listed(worker: Worker): void {
    if (this.#awaited.delete(worker.key)) this.hold(worker)
  }

  /** Holds it no more. */
  release(worker: Worker): void {
    this.#held.get(worker)?.()
    this.#held.delete(worker)
  }

  /** Holds the worker that will have that address no more. Returns whether it was to be held. */
  forget(address: string): boolean {
    return this.#awaited.delete(address)
  }
}

const noop = () => undefined
