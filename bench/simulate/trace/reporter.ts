/** What a worker of the product learns of itself, and says to its load balancers. */
import type { WorkerUpdate } from '@resumelb/lb'
import type { OthersLoad, Skill } from '@resumelb/protocol'
import { ResumeKeeper, SizedRequest } from '@resumelb/resume'
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
  readonly sized: SizedRequest | undefined
  /** Expected seconds of work that are not done, and those until its first byte. */
  left: number
  readonly first: number
  startAt: number
}

export class Reporter {
  readonly keeper: ResumeKeeper = new ResumeKeeper()
  readonly #events: EventQueue
  readonly #concurrency: number
  /** By load balancer: who listens, its requests here, and what they are expected to take. */
  readonly #listeners: ((news: WorkerUpdate) => void)[] = []
  readonly #requests: number[] = []
  readonly #seconds: number[] = []
  #isResumePlanned = false
  #isWarmthPlanned = false

  constructor(events: EventQueue, concurrency: number) {
    this.#events = events
    this.#concurrency = concurrency
  }

  listen(balancer: number, hear: (news: WorkerUpdate) => void): void {
    this.#listeners[balancer] = hear
    this.#requests[balancer] = 0
    this.#seconds[balancer] = 0
  }

  receive(balancer: number, requestClass: string, size: Size | undefined): Stay {
    const sized = size && SizedRequest.of(this.keeper, { requestClass, ...size })
    const work = sized?.expectedWork(this.#concurrency)
    const left = work?.whole ?? this.keeper.expectedSeconds(requestClass)
    this.#count(balancer, 1, left)
    if (size !== undefined) this.#planWarmth()
    return { balancer, requestClass, sized, left, first: work?.first ?? 0, startAt: 0 }
  }

  start(stay: Stay): void {
    stay.startAt = this.#events.now
    stay.sized?.begin()
  }

  /** The first token has come. */
  answer(stay: Stay): void {
    if (stay.sized === undefined) return
    stay.sized.answer(1000 * this.#events.now)
    stay.left -= stay.first
    this.#count(stay.balancer, 0, -stay.first)
    this.#planWarmth()
  }

  /** `depth` is what the application says of the request, if it says anything. */
  finish(
    stay: Stay,
    served: Served,
    depth: number | undefined,
  ): { skill: Skill; others: OthersLoad } {
    const { balancer, requestClass, sized, left, startAt } = stay
    const { now } = this.#events
    const { seconds } = served
    this.#count(balancer, -1, -left)
    if (depth !== undefined) sized?.tell(depth)
    const measured = sized?.served(seconds, 1000 * startAt) ?? seconds
    const skill = this.keeper.finish(requestClass, measured, now)
    this.#publish()
    if (sized !== undefined) this.#planWarmth()
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
