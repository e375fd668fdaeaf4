/** What a worker has of each load balancer, and what it, or they, have measured of it. */
import type { OthersLoad } from '@resumelb/protocol'
import { ResumeKeeper, ServiceEstimate } from '@resumelb/resume'
import type { Site } from './scenario.ts'
import type { Job } from './worker-job.ts'

/** All arrays are by number of the balancer. */
export class BalancerAccounts {
  readonly #site: Site
  /** One, or one for each balancer if they measure. */
  readonly keepers: readonly ResumeKeeper[]
  /** Present if several balancers measure. */
  readonly #estimates: readonly ServiceEstimate[]
  /** Requests here, and what they are expected to take. */
  readonly #requests: number[]
  readonly #seconds: number[]
  /** If balancers measure: what each holds back, and how much it has sent. */
  readonly #heldBack: readonly Job[][]
  readonly #sent: number[]

  constructor(site: Site) {
    this.#site = site
    const forEach = <T>(create: () => T): T[] => Array.from({ length: site.balancers }, create)
    this.#requests = forEach(() => 0)
    this.#seconds = forEach(() => 0)
    this.#sent = forEach(() => 0)
    this.#heldBack = forEach(() => [])
    const newKeeper = (): ResumeKeeper => new ResumeKeeper()
    this.keepers = this.isMeasured ? forEach(newKeeper) : [newKeeper()]
    const areSeveral = this.isMeasured && site.balancers > 1
    this.#estimates = areSeveral ? forEach(() => new ServiceEstimate()) : []
  }

  /** Whether balancers measure this worker, which tells them nothing. */
  get isMeasured(): boolean {
    return this.#site.measuredBy === 'balancers'
  }

  keeperOf(balancer: number): ResumeKeeper {
    return this.keepers[this.isMeasured ? balancer : 0]!
  }

  /** A request has come. */
  add({ balancer, estimate }: Job): void {
    this.#requests[balancer]!++
    this.#seconds[balancer]! += estimate
  }

  /** A balancer that measures holds a request back if it has sent one for each slot. */
  holdsBack(job: Job): boolean {
    const isHeldBack = this.isMeasured && this.#sent[job.balancer]! >= this.#site.slots
    if (isHeldBack) this.#heldBack[job.balancer]!.push(job)
    return isHeldBack
  }

  /** It is not held back, or no longer. */
  send({ balancer }: Job): void {
    this.#sent[balancer]!++
  }

  /** A request that was sent is no longer here. */
  remove({ balancer, estimate }: Job): void {
    this.#requests[balancer]!--
    this.#seconds[balancer]! -= estimate
    this.#sent[balancer]!--
  }

  /** Takes the request that a balancer has held back for longest. */
  takeHeldBack(balancer: number): Job | undefined {
    return this.#heldBack[balancer]!.shift()
  }

  /** Takes all that is held back. */
  takeAllHeldBack(): Job[] {
    return this.#heldBack.flatMap((jobs) => jobs.splice(0))
  }

  /** What the other balancers have here, as told to one of them, or estimated if that measures. */
  othersThan(balancer: number): OthersLoad {
    if (this.isMeasured) {
      const { slots } = this.#site
      return this.#estimates[balancer]?.others(slots) ?? { requests: 0, seconds: 0 }
    }
    let requests = 0
    let seconds = 0
    for (const [other, count] of this.#requests.entries()) {
      if (other === balancer || count === 0) continue
      requests += count
      seconds += this.#seconds[other]!
    }
    return { requests, seconds: Math.max(0, seconds) }
  }

  /** The service time of a request that took so long, as its balancer learns it. */
  serviceSeconds({ request, balancer, sentAt }: Job, seconds: number, now: number): number {
    if (!this.isMeasured) return seconds
    const taken = now - sentAt
    return this.#estimates[balancer]?.service(request.requestClass, taken, now) ?? taken
  }
}
