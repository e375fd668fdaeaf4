/** The résumé of a plain HTTP server, measured by the load balancer. */
import { join } from 'node:path'
import type { Clock, Logger } from '@resumelb/common'
import type { Link, Report, RequestClass, Resume, WarmthChanges } from '@resumelb/protocol'
import {
  ResumeKeeper,
  ResumeStore,
  ServiceEstimate,
  type SizedHead,
  SizedRequest,
  WarmthPublisher,
} from '@resumelb/resume'
import type { WorkerUpdate } from '../../pool/pool.ts'
import type { ResolvedUpstreamOptions } from './options.ts'

/** What was measured of a plain HTTP server. */
export interface MeasuredServer {
  readonly skills: Resume
  /** Links of chains that it is warm for, the least recently used first. */
  readonly links: readonly Link[]
}

/** What was measured of plain HTTP servers, by their addresses. */
export type MeasuredResumes = ReadonlyMap<string, MeasuredServer>

/** What is given to it. */
export interface MeasuredResumeContext {
  readonly clock: Clock
  readonly log: Logger
  readonly upstream: ResolvedUpstreamOptions
  /** What another load balancer has measured, by server. One that is used is deleted. */
  readonly measuredResumes?: Map<string, MeasuredServer>
}

/** What was measured of a request. */
export interface Measured {
  /** From when it was sent, in milliseconds of the clock, to the end of its response. */
  readonly seconds: number
  readonly sentAt: number
  /** Whether it was served. */
  readonly isGood: boolean
  /** Present if it has a size. */
  readonly sized: SizedRequest | undefined
}

/** Milliseconds between two updates of the pool with what was measured. */
const publishInterval = 1_000

/** There are no requests of other load balancers. */
const noOthers: Report['others'] = { requests: 0, seconds: 0 }

export class MeasuredResume {
  readonly #clock: Clock
  readonly #keeper: ResumeKeeper = new ResumeKeeper()
  readonly #store: ResumeStore
  /**
   * Present if other load balancers use the server, too: their requests delay those of this one.
   */
  readonly #estimate: ServiceEstimate | undefined
  /** What another load balancer has measured, until it is {@link load loaded}. */
  #measured: MeasuredServer | undefined
  readonly #publish: (news: WorkerUpdate) => void
  readonly #warmth: WarmthPublisher
  #isPublishing = false
  #isClosed = false

  /** `publish` is called at intervals with what has changed, as long as it does. */
  constructor(
    server: string,
    { clock, log, upstream, measuredResumes }: MeasuredResumeContext,
    publish: (news: WorkerUpdate) => void,
  ) {
    const { resumeDir, upstreamBalancers } = upstream
    const file = resumeDir && join(resumeDir, `${encodeURIComponent(server)}.json`)
    this.#clock = clock
    this.#measured = measuredResumes?.get(server)
    measuredResumes?.delete(server)
    this.#store = new ResumeStore(file, this.#keeper, clock, log)
    if (upstreamBalancers > 1) this.#estimate = new ServiceEstimate()
    this.#publish = publish
    this.#warmth = new WarmthPublisher(this.#keeper.warm, clock, (warmth) => publish({ warmth }))
  }

  /** All skills as of now. */
  get skills(): Resume {
    return this.#keeper.resume(this.#now())
  }

  /** All of it, for another load balancer. */
  get measured(): MeasuredServer {
    return { skills: this.skills, links: this.#keeper.warm.warmLinks() }
  }

  /** All that it is warm for. */
  get warmth(): WarmthChanges {
    return { whole: true, warm: this.#keeper.warm.warmLinks(), gone: [] }
  }

  /** The size of a request, if it has one. */
  sizeOf(head: SizedHead): SizedRequest | undefined {
    return SizedRequest.of(this.#keeper, head)
  }

  /** A response to a request with a size has begun. */
  answered(): void {
    this.#warmth.changed()
  }

  /** The server could not be reached, so it was probably restarted, and is warm for nothing. */
  forgetWarmth(): void {
    this.#keeper.forgetWarmth()
    this.#warmth.stop()
  }

  /** Whether requests of the class were served lately. */
  knows(requestClass: RequestClass): boolean {
    return this.#keeper.has(requestClass)
  }

  /** Whether a request of the class is to fill caches first, for the others that come with it. */
  isCold(requestClass: RequestClass): boolean {
    return this.#keeper.isCold(requestClass)
  }

  /** What a request of the class is expected to take, in seconds. */
  expectedSeconds(requestClass: RequestClass): number {
    return this.#keeper.expectedSeconds(requestClass)
  }

  /** Begins with what another load balancer has measured, or with the saved résumé. */
  async load(): Promise<void> {
    const measured = this.#measured
    this.#measured = undefined
    if (measured === undefined) return this.#store.load()
    this.#keeper.load(measured.skills, this.#now())
    this.#keeper.warm.restore(measured.links)
    // The server has not been restarted with the load balancer.
    for (const requestClass of measured.skills.keys()) this.#keeper.setWarm(requestClass)
  }

  /** Saves the résumé, and publishes no more. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#warmth.stop()
    return this.#store.save()
  }

  /**
   * Learns from a request, and returns what a worker would report. A failure is not skill.
   */
  finish(requestClass: string, measured: Measured, concurrency: number): Report {
    if (!measured.isGood) return { seconds: measured.seconds, others: noOthers }
    const now = this.#now()
    const { sized, sentAt } = measured
    // The shortest time of a class says nothing about requests of other sizes.
    const estimate = sized === undefined ? this.#estimate : undefined
    const seconds = estimate?.service(requestClass, measured.seconds, now) ?? measured.seconds
    const others = this.#estimate?.others(concurrency) ?? noOthers
    const served = sized?.served(seconds, sentAt) ?? seconds
    const skill = this.#keeper.finish(requestClass, served, now)
    this.#publishLater()
    const { depth } = sized ?? {}
    if (depth === undefined) return { seconds, others, skill }
    this.#warmth.changed()
    return { seconds, others, skill, depth }
  }

  #now(): number {
    return this.#clock.now() / 1000
  }

  #publishLater(): void {
    if (this.#isPublishing) return
    this.#isPublishing = true
    this.#clock.after(publishInterval, () => {
      this.#isPublishing = false
      if (this.#isClosed) return
      this.#store.saveIfDue()
      this.#publish({ changes: this.#keeper.takeChanges(this.#now()) })
    })
  }
}
