/** What a worker of the product learns of itself, and says to its load balancers. */
import type { WorkerUpdate } from '@resumelb/lb'
import type { OthersLoad, Skill } from '@resumelb/protocol'
import { ResumeKeeper } from '@resumelb/resume'
import type { EventQueue } from '../event-queue.ts'
import type { Served } from './model-worker.ts'

/** How often a worker publishes its résumé, and its warmth and the others' work. Seconds. */
const resumePeriod = 1
const warmthPeriod = 0.05

/** The size of a request; absent for requests of which only the class is known. */
export interface Size {
  readonly units: number
  readonly chain: readonly number[]
}

/** A request at the worker. */
export interface Stay {
  readonly balancer: number
  readonly requestClass: string
  readonly size: Size | undefined
  /** What it was expected to take when it came. */
  readonly expected: number
  reach?: readonly number[]
}

export class Reporter {
  readonly keeper: ResumeKeeper = new ResumeKeeper()
  readonly #events: EventQueue
  /** By load balancer: who listens, its requests here, and what they are expected to take. */
  readonly #listeners: ((news: WorkerUpdate) => void)[] = []
  readonly #requests: number[] = []
  readonly #seconds: number[] = []
  #isResumePlanned = false
  #isWarmthPlanned = false

  constructor(events: EventQueue) {
    this.#events = events
  }

  listen(balancer: number, hear: (news: WorkerUpdate) => void): void {
    this.#listeners[balancer] = hear
    this.#requests[balancer] = 0
    this.#seconds[balancer] = 0
  }

  receive(balancer: number, requestClass: string, size: Size | undefined): Stay {
    const expected = this.keeper.expectedSeconds(requestClass, size)
    this.#count(balancer, 1, expected)
    if (size !== undefined) this.#planWarmth()
    return { balancer, requestClass, size, expected }
  }

  start(stay: Stay): void {
    if (stay.size !== undefined) stay.reach = this.keeper.warm.reachOf(stay.size.chain)
  }

  /** `depth` is what the application says of the request, if it says anything. */
  finish(
    stay: Stay,
    served: Served,
    depth: number | undefined,
  ): { skill: Skill; others: OthersLoad } {
    const { balancer, requestClass, size, expected, reach } = stay
    const { now } = this.#events
    const { seconds, firstSeconds } = served
    this.#count(balancer, -1, -expected)
    const sized = { ...size, seconds, firstSeconds, reach, depth }
    const skill = this.keeper.finish(requestClass, size === undefined ? seconds : sized, now)
    this.#publish()
    if (size !== undefined) this.#planWarmth()
    return { skill, others: this.#othersThan(balancer) }
  }

  #count(balancer: number, requests: number, seconds: number): void {
    this.#requests[balancer] = (this.#requests[balancer] ?? 0) + requests
    this.#seconds[balancer] = (this.#seconds[balancer] ?? 0) + seconds
  }

  #othersThan(balancer: number): OthersLoad {
    let requests = 0
    let seconds = 0
    for (const [other, count] of this.#requests.entries()) {
      if (other === balancer) continue
      requests += count
      seconds += this.#seconds[other] ?? 0
    }
    return { requests, seconds: Math.max(0, seconds) }
  }

  #publish(): void {
    const { now } = this.#events
    if (this.keeper.isDue(now)) {
      const changes = this.keeper.takeChanges(now)
      for (const hear of this.#listeners) hear({ changes })
    } else if (!this.#isResumePlanned) {
      this.#isResumePlanned = true
      this.#events.after(resumePeriod, () => {
        this.#isResumePlanned = false
        this.#publish()
      })
    }
  }

  #planWarmth(): void {
    if (this.#isWarmthPlanned) return
    this.#isWarmthPlanned = true
    this.#events.after(warmthPeriod, () => {
      this.#isWarmthPlanned = false
      const warmth = this.keeper.warm.takeChanges(Number.POSITIVE_INFINITY)
      for (const [balancer, hear] of this.#listeners.entries()) {
        hear({ ...(warmth && { warmth }), others: this.#othersThan(balancer) })
      }
    })
  }
}
