/** A worker process: slots, a queue, a cache, its résumé and its faults. */

import { Slots, slotsForColdLoads, type Waiter } from '@resumelb/common'
import type { Outcome, WorkerTraits } from '@resumelb/lb'
import type {
  ClassStanding,
  HandedClass,
  HandOver,
  OthersLoad,
  Resume,
  ResumeChanges,
} from '@resumelb/protocol'
import { NewClassPublisher, ResumeKeeper, ServiceEstimate } from '@resumelb/resume'
import type { EventQueue } from './event-queue.ts'
import { LruCache } from './lru-cache.ts'
import type { Site } from './scenario.ts'
import { SimWarmUp } from './sim-warm-up.ts'
import { classCost, type Request } from './workload.ts'

/** How long a failing worker takes to fail, in seconds. */
const failSeconds = 0.001

/** One request that a balancer has given to a worker. */
export interface Job {
  readonly request: Request
  readonly standing: ClassStanding | undefined
  /** Number of the balancer that sent it. */
  readonly balancer: number
  /** Whether it may be given back if it has to wait for long. */
  readonly isMovable: boolean
  /** Called instead of {@link answer}, if requests of its own class or of others take too long. */
  readonly giveBack: (isOwn: boolean) => void
  /** What the worker expects it to take, told to the other balancers. Seconds. */
  estimate: number
  /** Whether its class was new to the worker when it came. */
  isNew: boolean
  /** What it would take if it began at once, which only the simulation can know. Seconds. */
  exact: number
  /** When it was sent to the worker, in seconds: later than it came if it was held back. */
  sentAt: number
  /** Called by the worker when it is done with it. */
  readonly answer: (outcome: Outcome) => void
}

interface Running {
  readonly stay: Stay
  readonly endsAt: number
}

/** One job in one worker. */
interface Stay extends Waiter {
  readonly job: Job
}

/** A request of the worker itself. */
interface OwnStay extends Waiter {
  readonly request: Request
}

/** Where a worker writes what it does. */
export interface WorkerRecorder {
  served(workerIndex: number, request: Request, found: number): void
  busy(workerIndex: number, seconds: number): void
}

/** What all workers of a simulation share. */
export interface WorkerSetting {
  readonly site: Site
  readonly events: EventQueue
  readonly recorder: WorkerRecorder
  /** Called with what one balancer learns of the worker's skills, or all of them do. */
  readonly publish: (
    worker: SimWorker,
    changes: ResumeChanges,
    balancer: number | undefined,
  ) => void
  /** Called with what the worker offers to the balancer that has asked, and to all others. */
  readonly onOffer: (worker: SimWorker, classes: readonly HandedClass[]) => void
  /** Called when the worker has got ready. */
  readonly onReady: (worker: SimWorker) => void
}

export class SimWorker {
  readonly index: number
  speed: number
  isFailing = false
  #isHanging = false
  #isGone = false
  readonly cache: LruCache
  readonly #setting: WorkerSetting
  /** One, or one for each balancer. */
  readonly #keepers: ResumeKeeper[]
  /** By number of the balancer, if several measure. */
  readonly #estimates: ServiceEstimate[] = []
  /** By number of the balancer, if that measures: what it holds back, and how much it has sent. */
  readonly #heldBack: Job[][]
  readonly #sentBy: number[]
  readonly #slots: Slots
  /** What waits for a slot, or for the end of a hang. */
  readonly #waiting = new Set<Stay>()
  /** What has come while the worker hangs. */
  #arrived: Stay[] = []
  /** What all that waits would take if it began now. */
  #waitingSeconds = 0
  readonly #running = new Set<Running>()
  /** When the one processor of asynchronous handlers is free. */
  #processorFreeAt = 0
  /** Requests of asynchronous handlers that wait for objects. */
  #loading = 0
  /** By number of the balancer: requests here, and what they are expected to take. */
  readonly #requestsOf: number[]
  readonly #secondsOf: number[]
  #publicationIsPlanned = false
  /** Present if there are several load balancers, whom it tells of new classes. */
  readonly #newClasses: NewClassPublisher | undefined
  readonly warmUp: SimWarmUp

  /** `before` is the process whose place it takes, if it has left its résumé. */
  constructor(index: number, setting: WorkerSetting, before?: SimWorker) {
    const { site, events } = setting
    this.index = index
    this.speed = site.speeds[index % site.speeds.length]!
    this.#setting = setting
    const universe = site.classes * site.objects
    this.cache = new LruCache(Math.round(site.cacheShare * universe), universe)
    this.#requestsOf = new Array(site.balancers).fill(0)
    this.#secondsOf = new Array(site.balancers).fill(0)
    const isShared = site.measuredBy === 'workers'
    this.#keepers = Array.from({ length: isShared ? 1 : site.balancers }, () => new ResumeKeeper())
    if (this.#isMeasured && site.balancers > 1) {
      this.#estimates = this.#requestsOf.map(() => new ServiceEstimate())
    }
    const { slots: limit, maxClassShare: share } = site
    const coldLoads = { most: slotsForColdLoads(limit), patience: site.coldLoadTimeout * 1000 }
    const limits = { limit, share, coldLoads }
    this.#slots = new Slots(limits, events.clock, (callback) => events.after(0, callback))
    this.#heldBack = this.#requestsOf.map(() => [])
    this.#sentBy = this.#requestsOf.map(() => 0)
    const [keeper] = this.#keepers as [ResumeKeeper]
    if (isShared && site.balancers > 1) {
      this.#newClasses = new NewClassPublisher(keeper, events.clock, (changes) => {
        if (!this.#isGone) setting.publish(this, changes, undefined)
      })
    }
    this.warmUp = new SimWarmUp({
      keeper,
      now: () => events.now,
      slots: site.slots,
      run: this.#runOwn.bind(this),
      after: events.after.bind(events),
      publish: this.#publishIfDue.bind(this),
      offer: (classes) => setting.onOffer(this, classes),
    })
    if (before === undefined || !isShared) return
    const { resume } = before
    keeper.load(resume, events.now)
    if (this.handsOver) this.warmUp.begin(resume, before.warmUp, () => setting.onReady(this))
  }

  /** Whether it warms up, and takes part in hand-overs. */
  get handsOver(): boolean {
    const { restarts, measuredBy } = this.#setting.site
    return restarts === 'replay' && measuredBy === 'workers'
  }

  /** A load balancer sends a step of a hand-over. Returns whether the worker takes part. */
  handOver(message: HandOver): boolean {
    const { events, site } = this.#setting
    if (this.handsOver) events.after(site.delay, () => this.warmUp.onHandOver(message))
    return this.handsOver
  }

  get key(): string {
    return `10.0.${this.index >> 8}.${this.index & 255}:8000`
  }

  get traits(): WorkerTraits {
    const { balancers } = this.#setting.site
    return {
      ...(this.#isMeasured && balancers > 1 && { balancers }),
      key: this.key,
      concurrency: this.#setting.site.slots,
      version: '',
      ...(this.warmUp.isWarming ? { state: 'warming', warmsUp: true } : { state: 'ready' }),
    }
  }

  get resume(): Resume {
    return this.#keepers[0]!.resume(this.#setting.events.now)
  }

  /** Requests waiting and running here. */
  get backlog(): number {
    return this.#waiting.size + this.#running.size
  }

  /** Seconds until a request that comes now would begin, as only the simulation can know. */
  exactWait(): number {
    const { site, events } = this.#setting
    if (site.handlers === 'asynchronous') {
      const processor = site.warmSeconds / this.speed
      return Math.max(0, this.#processorFreeAt - events.now) + this.#loading * processor
    }
    let seconds = 0
    for (const { endsAt } of this.#running) seconds += Math.max(0, endsAt - events.now)
    return (seconds + this.#waitingSeconds) / site.slots
  }

  /** Seconds the request would take if all its objects were here. */
  warmSeconds(request: Request): number {
    const { site } = this.#setting
    const cost = classCost(site, request.classIndex)
    return (site.warmSeconds * request.noise * cost) / this.speed
  }

  /** Seconds the request would take if none of its objects were here. */
  coldSeconds(request: Request): number {
    return this.#secondsWith(request, request.objects.length)
  }

  /** Seconds the request would take if it began now. */
  serviceSeconds(request: Request): number {
    return this.#secondsWith(request, request.objects.length - this.#found(request))
  }

  #secondsWith(request: Request, misses: number): number {
    const { site } = this.#setting
    const seconds = site.warmSeconds + misses * site.missSeconds
    return (seconds * request.noise * classCost(site, request.classIndex)) / this.speed
  }

  receive(job: Job): void {
    if (this.#isGone) return job.answer({ result: 'disconnected' })
    if (this.isFailing) {
      this.#setting.events.after(failSeconds, () =>
        job.answer({ result: 'failed', seconds: failSeconds }),
      )
      return
    }
    job.exact = this.serviceSeconds(job.request)
    job.estimate = this.#keeperOf(job.balancer).expectedSeconds(job.request.requestClass)
    job.isNew = this.#newClasses?.begin(job.request.requestClass) === true
    this.#requestsOf[job.balancer]!++
    this.#secondsOf[job.balancer]! += job.estimate
    if (this.#isMeasured && this.#sentBy[job.balancer]! >= this.#setting.site.slots) {
      this.#heldBack[job.balancer]!.push(job)
    } else this.#enqueue(job)
  }

  /** What the other balancers have here, as told to one of them, or estimated if that measures. */
  othersThan(balancer: number): OthersLoad {
    if (this.#isMeasured) {
      const { slots } = this.#setting.site
      return this.#estimates[balancer]?.others(slots) ?? { requests: 0, seconds: 0 }
    }
    let requests = 0
    let seconds = 0
    for (const [other, count] of this.#requestsOf.entries()) {
      if (other === balancer || count === 0) continue
      requests += count
      seconds += this.#secondsOf[other]!
    }
    return { requests, seconds: Math.max(0, seconds) }
  }

  /** Stands still: what runs ends later by as long, what waits waits. */
  hang(seconds: number): void {
    this.#isHanging = true
    this.#setting.events.after(seconds, () => {
      this.#isHanging = false
      for (const stay of this.#arrived.splice(0)) this.#slots.enter(stay)
    })
  }

  /** Is gone, and all it had fails. */
  kill(): void {
    this.#isGone = true
    const lost = [...this.#running].map(({ stay }) => stay.job)
    lost.push(...[...this.#waiting].map(({ job }) => job), ...this.#heldBack.flat())
    for (const held of this.#heldBack) held.length = 0
    for (const stay of this.#waiting) this.#slots.cancel(stay)
    this.#running.clear()
    this.#waiting.clear()
    this.#arrived = []
    for (const job of lost) job.answer({ result: 'disconnected' })
  }

  /** Whether balancers measure this worker, which tells them nothing. */
  get #isMeasured(): boolean {
    return this.#setting.site.measuredBy === 'balancers'
  }

  #keeperOf(balancer: number): ResumeKeeper {
    return this.#keepers[this.#isMeasured ? balancer : 0]!
  }

  #enqueue(job: Job): void {
    this.#sentBy[job.balancer]!++
    job.sentAt = this.#setting.events.now
    this.#waitingSeconds += job.exact
    const stay = this.#stayOf(job)
    this.#waiting.add(stay)
    if (this.#isHanging) this.#arrived.push(stay)
    else this.#slots.enter(stay)
  }

  #stayOf(job: Job): Stay {
    const isFair = this.#setting.site.turns === 'fair'
    const { requestClass } = job.request
    const keeper = this.#keeperOf(job.balancer)
    const isMeasured = this.#isMeasured
    const stay: Stay = {
      job,
      requestClass: isFair ? requestClass : '',
      expectedSeconds: job.estimate,
      isKnownClass: job.standing?.isKnown || keeper.has(requestClass),
      hasOtherClasses: job.standing?.hasOthers === true,
      get isCold() {
        return isFair && !isMeasured && keeper.isCold(requestClass)
      },
      isMovable: job.isMovable,
      turn: undefined,
      begin: () => this.#begin(stay),
      giveBack: (isOwn) => this.#giveBack(stay, isOwn),
    }
    return stay
  }

  #begin(stay: Stay): void {
    this.#waiting.delete(stay)
    this.#waitingSeconds -= stay.job.exact
    this.#start(stay)
  }

  #giveBack(stay: Stay, isOwn: boolean): void {
    const { job } = stay
    this.#waiting.delete(stay)
    this.#waitingSeconds -= job.exact
    this.#slots.cancel(stay)
    this.#release(job)
    if (job.isNew) this.#newClasses?.end(job.request.requestClass)
    job.giveBack(isOwn)
  }

  /** It is no longer here. */
  #release({ balancer, estimate }: Job): void {
    this.#requestsOf[balancer]!--
    this.#secondsOf[balancer]! -= estimate
    this.#sentBy[balancer]!--
  }

  #found(request: Request): number {
    let found = 0
    for (const object of request.objects) if (this.cache.has(object)) found++
    return found
  }

  #start(stay: Stay): void {
    const { job } = stay
    const { site, events, recorder } = this.#setting
    const begunAt = events.now
    const found = this.#found(job.request)
    const seconds = this.serviceSeconds(job.request)
    recorder.served(this.index, job.request, found)
    for (const object of job.request.objects) if (this.cache.has(object)) this.cache.use(object)
    if (site.handlers === 'blocking') {
      this.#runUntil(begunAt + seconds, stay, begunAt)
      recorder.busy(this.index, seconds)
      return
    }
    const processor = this.warmSeconds(job.request)
    recorder.busy(this.index, processor)
    const running = { stay, endsAt: begunAt + seconds }
    this.#running.add(running)
    this.#loading++
    events.after(seconds - processor, () => {
      this.#loading--
      if (!this.#running.delete(running)) return
      this.#processorFreeAt = Math.max(events.now, this.#processorFreeAt) + processor
      this.#runUntil(this.#processorFreeAt, stay, begunAt)
    })
  }

  /** Runs a request of the worker itself: it takes a slot, and is not measured. */
  #runOwn(request: Request, done: () => void): void {
    const { events, recorder, site } = this.#setting
    const { requestClass } = request
    const keeper = this.#keepers[0]!
    const stay: OwnStay = {
      request,
      requestClass: site.turns === 'fair' ? requestClass : '',
      expectedSeconds: keeper.expectedSeconds(requestClass),
      isKnownClass: true,
      hasOtherClasses: false,
      get isCold() {
        return keeper.isCold(requestClass)
      },
      turn: undefined,
      begin: () => {
        const seconds = this.serviceSeconds(request)
        recorder.busy(this.index, seconds)
        events.after(seconds, () => {
          for (const object of request.objects) this.cache.use(object)
          this.#slots.leave(stay)
          done()
        })
      },
    }
    this.#slots.enter(stay)
  }

  #runUntil(endsAt: number, stay: Stay, begunAt: number): void {
    const { events } = this.#setting
    const running = { stay, endsAt }
    this.#running.add(running)
    const end = (): void => {
      if (!this.#running.has(running)) return
      if (this.#isHanging) return events.after(0.01, end)
      this.#running.delete(running)
      this.#finish(stay, events.now - begunAt)
    }
    events.at(endsAt, end)
  }

  #finish(stay: Stay, seconds: number): void {
    const { job } = stay
    const { now } = this.#setting.events
    const { requestClass, objects } = job.request
    for (const object of objects) this.cache.use(object)
    this.#release(job)
    const keeper = this.#keeperOf(job.balancer)
    const service = this.#isMeasured ? this.#measure(job, now) : seconds
    const isOwn = !keeper.isGivenUp(requestClass, now - seconds)
    const skill = isOwn ? keeper.finish(requestClass, service, now) : undefined
    if (skill !== undefined) {
      this.#newClasses?.served(requestClass, skill)
      if (this.handsOver) this.warmUp.note(job.request, skill.count)
    }
    if (job.isNew) this.#newClasses?.end(requestClass)
    this.#slots.leave(stay)
    job.answer({
      result: 'served',
      seconds: service,
      ...(skill !== undefined && { skill }),
      others: this.othersThan(job.balancer),
    })
    this.#publishIfDue()
    const next = this.#heldBack[job.balancer]!.shift()
    if (next) this.#enqueue(next)
  }

  /** The service time, as the balancer sees it. */
  #measure({ request, balancer, sentAt }: Job, now: number): number {
    const taken = now - sentAt
    return this.#estimates[balancer]?.service(request.requestClass, taken, now) ?? taken
  }

  #publishIfDue(): void {
    const { events, publish } = this.#setting
    if (this.#isGone) return
    const due = this.#keepers.filter((keeper) => keeper.isDue(events.now))
    for (const keeper of due) {
      const balancer = this.#isMeasured ? this.#keepers.indexOf(keeper) : undefined
      publish(this, keeper.takeChanges(events.now), balancer)
    }
    if (due.length > 0) return
    if (!this.#publicationIsPlanned) {
      this.#publicationIsPlanned = true
      events.after(1, () => {
        this.#publicationIsPlanned = false
        if (this.#keepers.some((keeper) => keeper.isDue(events.now))) this.#publishIfDue()
      })
    }
  }
}
