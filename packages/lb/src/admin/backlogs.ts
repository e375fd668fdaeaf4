/** The backlogs of a load balancer, and their means, for a status server. */
import { type Clock, systemClock } from '@resumelb/common'
import type { RequestInProgress } from '../events.ts'
import type { WorkerSnapshot } from '../workers/worker.ts'
import { type Status, StatusBoard } from './status.ts'

/** Milliseconds between two samples of the backlogs. */
const lookInterval = 250

/** The load balancer that is looked at. */
export interface BacklogSource {
  readonly workers: readonly Pick<WorkerSnapshot, 'address' | 'state' | 'unsentLength'>[]
  readonly requests: Iterable<RequestInProgress>
}

export class Backlogs {
  readonly #balancer: BacklogSource
  readonly #clock: Clock
  readonly #board = new StatusBoard()
  #cancelLook: () => void = () => undefined

  constructor(balancer: BacklogSource, clock: Clock = systemClock) {
    this.#balancer = balancer
    this.#clock = clock
  }

  /** Samples from now on. */
  start(): void {
    this.#board.look(this.#workers.keys(), this.#balancer.requests, this.#clock.now())
    this.#cancelLook = this.#clock.after(lookInterval, () => this.start())
  }

  stop(): void {
    this.#cancelLook()
  }

  read(): Status {
    const now = { now: this.#clock.now(), since1970: Date.now() / 1000 }
    return this.#board.status(this.#workers, this.#balancer.requests, now)
  }

  /** The connected workers, and the number of bytes that wait to be sent to each. */
  get #workers(): Map<string, number> {
    const connected = this.#balancer.workers.filter(
      ({ state }) => state !== 'connecting' && state !== 'waiting',
    )
    return new Map(connected.map(({ address, unsentLength }) => [address, unsentLength]))
  }
}
