/** A worker process: slots, a queue, a cache, its résumé and its faults. */

import { Slots, slotsForColdLoads, type Waiter } from '@resumelb/common'
import type { WorkerTraits } from '@resumelb/lb'
import type { HandOver, OthersLoad, Resume } from '@resumelb/protocol'
import { BalancerAccounts } from './balancer-accounts.ts'
import { LruCache } from './lru-cache.ts'
import { Processor } from './processor.ts'
import { SimWarmUp } from './sim-warm-up.ts'
import { SkillPublisher } from './skill-publisher.ts'
import type { Job, Stay } from './worker-job.ts'
import type { WorkerSetting } from './worker-setting.ts'
import { classCost, type Request } from './workload.ts'

/** How long a failing worker takes to fail, in seconds. */
const failSeconds = 0.001

/** A request of the worker itself. */
interface OwnStay extends Waiter {
  readonly request: Request
}

export class SimWorker {
  readonly index: number
  speed: number
  isFailing = false
  /** Whether it was killed. */
  isGone = false
  readonly cache: LruCache
  readonly #setting: WorkerSetting
  readonly #accounts: BalancerAccounts
  readonly #publisher: SkillPublisher
  readonly #processor: Processor
  readonly #slots: Slots
  /** What waits for a slot, or for the end of a hang. */
  readonly #waiting = new Set<Stay>()
  /** What has come while the worker hangs. */
  #arrived: Stay[] = []
  /** What all that waits would take if it began now. */
  #waitingSeconds = 0
  readonly warmUp: SimWarmUp

  /** `before` is the process whose place it takes, if it has left its résumé. */
  constructor(index: number, setting: WorkerSetting, before?: SimWorker) {
    const { site, events } = setting
    this.index = index
    this.speed = site.speeds[index % site.speeds.length]!
    this.#setting = setting
    const universe = site.classes * site.objects
    this.cache = new LruCache(Math.round(site.cacheShare * universe), universe)
    this.#accounts = new BalancerAccounts(site)
    this.#publisher = new SkillPublisher(this, this.#accounts, setting)
    this.#processor = new Processor(events, site.handlers === 'asynchronous')
    const { slots: limit, maxClassShare: share } = site
    const coldLoads = { most: slotsForColdLoads(limit), patience: site.coldLoadTimeout * 1000 }
    const limits = { limit, share, coldLoads }
    this.#slots = new Slots(limits, events.clock, (callback) => events.after(0, callback))
    const keeper = this.#accounts.keepers[0]!
    this.warmUp = new SimWarmUp({
      keeper,
      clock: events.clock,
      slots: this.#slots,
      concurrency: () => site.slots,
      now: () => events.now,
      run: this.#runOwn.bind(this),
      publish: () => this.#publisher.publishIfDue(),
      offer: (classes) => setting.onOffer(this, classes),
    })
    if (before === undefined || this.#accounts.isMeasured) return
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
    const { events, site, onPlan } = this.#setting
    if (message.step === 'plan') {
      events.after(site.delay, () => onPlan(this, message.home))
      return true
    }
    if (this.handsOver) events.after(site.delay, () => this.warmUp.onHandOver(message))
    return this.handsOver
  }

  get key(): string {
    return `10.0.${this.index >> 8}.${this.index & 255}:8000`
  }

  get traits(): WorkerTraits {
    const { balancers } = this.#setting.site
    return {
      ...(this.#accounts.isMeasured && balancers > 1 && { balancers }),
      key: this.key,
      concurrency: this.#setting.site.slots,
      version: '',
      ...(this.warmUp.isWarming ? { state: 'warming', warmsUp: true } : { state: 'ready' }),
    }
  }

  get resume(): Resume {
    return this.#accounts.keepers[0]!.resume(this.#setting.events.now)
  }

  /** Requests waiting and running here. */
  get backlog(): number {
    return this.#waiting.size + this.#processor.size
  }

  /** Seconds until a request that comes now would begin, as only the simulation can know. */
  exactWait(): number {
    const { site } = this.#setting
    return site.handlers === 'asynchronous'
      ? this.#processor.untilFree(site.warmSeconds / this.speed)
      : (this.#processor.remaining + this.#waitingSeconds) / site.slots
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
    if (this.isGone) return job.answer({ result: 'disconnected' })
    if (this.isFailing) {
      this.#setting.events.after(failSeconds, () =>
        job.answer({ result: 'failed', seconds: failSeconds }),
      )
      return
    }
    const { requestClass } = job.request
    job.exact = this.serviceSeconds(job.request)
    job.estimate = this.#accounts.keeperOf(job.balancer).expectedSeconds(requestClass)
    job.isNew = this.#publisher.newClasses?.begin(requestClass) === true
    this.#accounts.add(job)
    if (!this.#accounts.holdsBack(job)) this.#enqueue(job)
  }

  /** What the other balancers have here, as one of them knows it. */
  othersThan(balancer: number): OthersLoad {
    return this.#accounts.othersThan(balancer)
  }

  /** Stands still: what runs ends later by as long, what waits waits. */
  hang(seconds: number): void {
    this.#processor.isHanging = true
    this.#setting.events.after(seconds, () => {
      this.#processor.isHanging = false
      for (const stay of this.#arrived.splice(0)) this.#slots.enter(stay)
    })
  }

  /** Is gone, and all it had fails. */
  kill(): void {
    this.isGone = true
    const waiting = [...this.#waiting].map(({ job }) => job)
    const lost = [...this.#processor.stop(), ...waiting, ...this.#accounts.takeAllHeldBack()]
    for (const stay of this.#waiting) this.#slots.cancel(stay)
    this.#waiting.clear()
    this.#arrived = []
    for (const job of lost) job.answer({ result: 'disconnected' })
  }

  #enqueue(job: Job): void {
    this.#accounts.send(job)
    job.sentAt = this.#setting.events.now
    this.#waitingSeconds += job.exact
    const stay = this.#stayOf(job)
    this.#waiting.add(stay)
    if (this.#processor.isHanging) this.#arrived.push(stay)
    else this.#slots.enter(stay)
  }

  #stayOf(job: Job): Stay {
    const isFair = this.#setting.site.turns === 'fair'
    const { requestClass } = job.request
    const { isMeasured } = this.#accounts
    const keeper = this.#accounts.keeperOf(job.balancer)
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

  #giveBack(stay: Stay, isOwn: boolean): void {
    const { job } = stay
    this.#waiting.delete(stay)
    this.#waitingSeconds -= job.exact
    this.#slots.cancel(stay)
    this.#accounts.remove(job)
    if (job.isNew) this.#publisher.newClasses?.end(job.request.requestClass)
    job.giveBack(isOwn)
  }

  #found(request: Request): number {
    let found = 0
    for (const object of request.objects) if (this.cache.has(object)) found++
    return found
  }

  #begin(stay: Stay): void {
    const { request, exact } = stay.job
    const { site, recorder } = this.#setting
    this.#waiting.delete(stay)
    this.#waitingSeconds -= exact
    const found = this.#found(request)
    const total = this.serviceSeconds(request)
    recorder.served(this.index, request, found)
    for (const object of request.objects) if (this.cache.has(object)) this.cache.use(object)
    const processor = site.handlers === 'blocking' ? total : this.warmSeconds(request)
    recorder.busy(this.index, processor)
    this.#processor.run(stay.job, { total, processor }, (seconds) => this.#finish(stay, seconds))
  }

  /** Runs a request of the worker itself: it takes a slot, and is not measured. */
  #runOwn(request: Request, done: () => void): void {
    const { events, recorder, site } = this.#setting
    const { requestClass } = request
    const keeper = this.#accounts.keepers[0]!
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

  #finish(stay: Stay, seconds: number): void {
    const { job } = stay
    const { now } = this.#setting.events
    const { requestClass, objects } = job.request
    const { newClasses } = this.#publisher
    for (const object of objects) this.cache.use(object)
    this.#accounts.remove(job)
    const keeper = this.#accounts.keeperOf(job.balancer)
    const service = this.#accounts.serviceSeconds(job, seconds, now)
    const isOwn = !keeper.isGivenUp(requestClass, now - seconds)
    const skill = isOwn ? keeper.finish(requestClass, service, now) : undefined
    if (skill !== undefined) {
      newClasses?.served(requestClass, skill)
      if (this.handsOver) this.warmUp.note(job.request, skill.count)
    }
    if (job.isNew) newClasses?.end(requestClass)
    this.#slots.leave(stay)
    job.answer({
      result: 'served',
      seconds: service,
      ...(skill !== undefined && { skill }),
      others: this.othersThan(job.balancer),
    })
    this.#publisher.publishIfDue()
    const next = this.#accounts.takeHeldBack(job.balancer)
    if (next) this.#enqueue(next)
  }
}
