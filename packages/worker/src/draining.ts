/** How a worker stops: what it still takes, and when everything has been handed over. */
import { type Clock, type Logger, within } from '@resumelb/common'
import type { Balancers } from './balancers.ts'
import type { DrainOptions } from './options.ts'

/**
 * Milliseconds in which requests are still served that were sent before a load balancer knew that
 * the worker is draining.
 */
const drainGrace = 1_000

/** What draining needs of its worker. */
export interface DrainingContext {
  readonly balancers: Balancers
  readonly log: Logger
  readonly clock: Clock
  /** Tells the load balancers what has changed. */
  publish(): void
}

export class Draining {
  readonly #context: DrainingContext
  #hasBegun = false
  #done: Promise<void> | undefined
  #takesSessions = false
  #refusesNew = false

  constructor(context: DrainingContext) {
    this.#context = context
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** It is draining, and still takes requests of sessions. */
  get takesSessions(): boolean {
    return this.#takesSessions
  }

  /** Whether every load balancer has had time to learn that this worker is draining. */
  get refusesNew(): boolean {
    return this.#refusesNew
  }

  /** Resolves when everything has been handed to the system and no more can come. */
  run(options: DrainOptions): Promise<void> {
    this.#hasBegun = true
    this.#done ??= this.#run(options)
    return this.#done
  }

  async #run({ sessionTime = 0 }: DrainOptions): Promise<void> {
    const { balancers, log, clock, publish } = this.#context
    this.#takesSessions = sessionTime > 0 && balancers.keepSessions
    log.info({ backlog: balancers.requests, takesSessions: this.#takesSessions }, 'draining')
    publish()
    if (this.#takesSessions) {
      await within(sessionTime, balancers.gone(), clock)
      this.#takesSessions = false
      publish()
    }
    await within(drainGrace, balancers.gone(), clock)
    this.#refusesNew = true
    await balancers.quiet()
  }
}
