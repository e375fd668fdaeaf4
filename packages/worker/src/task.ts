/**
 * One request of a load balancer, from its arrival to its end: its slot, its measurements, its
 * records.
 */
import type { AddressInfo, Server } from 'node:net'
import type { Clock, Logger, Slots, Turn, Waiter } from '@resumelb/common'
import { type Report, type RequestHead, type Stream, upgradeOf } from '@resumelb/protocol'
import { type NewClassPublisher, type ResumeKeeper, SizedRequest } from '@resumelb/resume'
import type { Balancer, Balancers } from './balancers.ts'
import { Exchange } from './http/exchange.ts'
import type { Ending, ExchangeListener } from './http/exchange-listener.ts'
import type { RequestListener, UpgradeListener } from './http/listeners.ts'
import type { TraceCode, TraceLog } from './trace-log.ts'
import { refuseUpgrade } from './upgrade/short-response.ts'
import { UpgradeExchange } from './upgrade/upgrade-exchange.ts'
import type { Recorder } from './warm-up/recorder.ts'

/** What the requests of one worker share. */
export interface TaskContext {
  readonly handle: RequestListener
  /** Absent if the application takes no upgrades. */
  readonly upgrade: UpgradeListener | undefined
  readonly keeper: ResumeKeeper
  readonly newClasses: NewClassPublisher
  readonly slots: Slots
  /** How many slots load balancers know of. */
  readonly concurrency: () => number
  readonly balancers: Balancers
  readonly log: Logger
  readonly clock: Clock
  /** The server of the worker. */
  readonly server: Server | undefined
  readonly trace: TraceLog | undefined
  /** Present if requests are recorded, to warm up with after a restart. */
  readonly recorder: Recorder | undefined
  /** The upgraded connections. As many as there are streams, which their connections limit. */
  readonly upgraded: Set<UpgradeExchange>
  /** A request was served, at `now` seconds: the résumé may have to be published. */
  onServed(now: number): void
  /** What the application is warm for may have changed. */
  onWarmth(): void
}

/**
 * Milliseconds for which a handler keeps its slot after its client has disconnected. A handler that
 * has not settled by then is assumed never to settle.
 */
export const abandonedPatience = 60_000

export class Task implements Waiter, ExchangeListener {
  readonly exchange: Exchange | UpgradeExchange
  readonly #context: TaskContext
  readonly #balancer: Balancer
  readonly #head: RequestHead
  /** Part of {@link Waiter}. */
  readonly expectedSeconds: number
  /** Present if the request has a size. */
  readonly #sized: SizedRequest | undefined
  /** Expected seconds of work that are not done, and those of them that are until the first byte. */
  #workLeft: number
  readonly #firstWork: number
  /** Part of {@link Waiter}. */
  turn: Turn<Waiter> | undefined
  /** Milliseconds; when the handler was called, or undefined while the request is queued. */
  #startedAt: number | undefined
  /** Uploads and upgrades take time for other reasons than a cold cache. */
  readonly #mayLoad: boolean
  #hasSlot = false
  /** Whether the class was new to this worker when the request came. */
  readonly #isNew: boolean
  /** The request was served, and is a connection that may last for days. */
  #isUpgraded = false
  /** Cancels the timeout of a handler without a client. */
  #cancelPatience: (() => void) | undefined

  /** Calls the handler now or when there is a free slot. */
  constructor(
    context: TaskContext,
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ) {
    this.#context = context
    this.#balancer = balancer
    this.#head = head
    this.#mayLoad = isWhole
    this.#sized = SizedRequest.of(context.keeper, head)
    this.expectedSeconds =
      this.#sized?.expectedSeconds ?? context.keeper.expectedSeconds(head.requestClass)
    const work = this.#sized?.expectedWork(context.concurrency())
    this.#workLeft = work?.whole ?? this.expectedSeconds
    this.#firstWork = work?.first ?? 0
    context.balancers.begin(balancer, this.#workLeft)
    this.#isNew = context.balancers.connected > 1 && context.newClasses.begin(head.requestClass)
    if (context.trace) this.#record('B', `${head.method} ${head.url}`)
    const isUpgrade = !isWhole && body === undefined && upgradeOf(head.headers) !== undefined
    this.exchange = isUpgrade
      ? new UpgradeExchange(stream, head, this)
      : new Exchange(stream, head, body, isWhole, this)
    context.slots.enter(this)
  }

  /** Part of {@link Waiter}. */
  get requestClass(): string {
    return this.#head.requestClass
  }

  /** Part of {@link Waiter}. */
  get isKnownClass(): boolean {
    return this.#head.standing?.isKnown || this.#context.keeper.has(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  get hasOtherClasses(): boolean {
    return this.#head.standing?.hasOthers === true
  }

  /** Part of {@link Waiter}. */
  get isCold(): boolean {
    return this.#mayLoad && this.#context.keeper.isCold(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  get isMovable(): boolean {
    return this.#head.isMovable === true
  }

  /** Part of {@link Waiter}. */
  giveBack(isOwn: boolean): void {
    this.exchange.refuse(isOwn ? 'SELF_BLOCKED' : 'BLOCKED')
  }

  /** Part of {@link Waiter}. */
  begin(now: number): void {
    this.#hasSlot = true
    if (!this.#context.balancers.mayBegin(this.#balancer)) {
      this.exchange.refuse()
      return this.#leave()
    }
    this.#startedAt = now
    this.#sized?.begin()
    if (this.#context.trace) this.#record('C')
    const { exchange } = this
    const { handle, upgrade = refuseEach } = this.#context
    if (exchange instanceof UpgradeExchange) exchange.run(upgrade)
    else exchange.run(handle)
  }

  /** Part of {@link ExchangeListener}. */
  get local(): AddressInfo {
    return this.#balancer.local
  }

  /** Part of {@link ExchangeListener}. */
  get server(): Server | undefined {
    return this.#context.server
  }

  /** Part of {@link ExchangeListener}. */
  get isWarmUp(): boolean {
    return false
  }

  /** Part of {@link ExchangeListener}. */
  after(milliseconds: number, callback: () => void): () => void {
    return this.#context.clock.after(milliseconds, callback)
  }

  /** Part of {@link ExchangeListener}. */
  onUpgraded(): void {
    this.#isUpgraded = true
    this.#context.upgraded.add(this.exchange as UpgradeExchange)
    this.#context.balancers.upgraded(this.#balancer, this.#workLeft)
    this.#report(this.#startedAt ?? 0, true, undefined)
    this.#leave()
  }

  /** Part of {@link ExchangeListener}. */
  onResponding(): void {
    this.#context.slots.loaded(this)
  }

  /** Part of {@link ExchangeListener}. */
  onFirstByte(): void {
    const sized = this.#sized
    if (sized === undefined || this.#isUpgraded || this.#startedAt === undefined) return
    sized.answer(this.#context.clock.now())
    this.#context.balancers.progress(this.#balancer, this.#firstWork)
    this.#workLeft -= this.#firstWork
    this.#context.onWarmth()
  }

  /** Part of {@link ExchangeListener}. */
  onWarm(depth: number): void {
    this.#sized?.tell(depth)
  }

  /** Part of {@link ExchangeListener}. */
  onEnd(ending: Ending): Report | undefined {
    const { balancers, slots } = this.#context
    if (this.#isUpgraded) {
      balancers.endUpgraded(this.#balancer)
      this.#context.upgraded.delete(this.exchange as UpgradeExchange)
    } else balancers.end(this.#balancer, this.#workLeft)
    this.#sized?.leave()
    const startedAt = this.#startedAt
    if (startedAt === undefined) {
      if (this.#isNew) this.#context.newClasses.end(this.requestClass)
      slots.cancel(this)
      return undefined
    }
    if (this.#context.trace) this.#record('A', `${ending.status} ${ending.bytes}`)
    const isReported = !ending.isAbandoned && !this.#isUpgraded
    const report = isReported ? this.#report(startedAt, ending.isServed, ending) : undefined
    // After that: requests that wait for this one to load the class may begin.
    if (this.#isNew) this.#context.newClasses.end(this.requestClass)
    if (ending.isAbandoned && this.exchange.isHandling) this.#bePatient()
    else this.#leave()
    return report
  }

  /** Part of {@link ExchangeListener}. */
  onSettled(): void {
    if (this.#cancelPatience) this.#leave()
  }

  /** Part of {@link ExchangeListener}. */
  onBodyRead(bytes: number): void {
    this.#record('I', bytes)
  }

  /** Part of {@link ExchangeListener}. */
  onOver(): void {
    this.#record('E')
  }

  /** Part of {@link ExchangeListener}. */
  onNote(text: string, code: string | undefined): void {
    this.#context.trace?.note(this.#head.id, text, code)
  }

  /** Part of {@link ExchangeListener}. */
  onError(error: unknown): void {
    const { id, method, url } = this.#head
    this.#context.log.error({ err: error, id, method, url }, 'handler failed')
  }

  /** `ending` is absent for an upgrade. */
  #report(startedAt: number, isServed: boolean, ending: Ending | undefined): Report {
    const { clock, keeper, newClasses, balancers, recorder } = this.#context
    const milliseconds = clock.now()
    const seconds = (milliseconds - startedAt) / 1000
    const others = balancers.othersThan(this.#balancer)
    if (!isServed || keeper.isGivenUp(this.requestClass, startedAt / 1000)) {
      return { seconds, others }
    }
    const now = milliseconds / 1000
    const sized = this.#sized
    const served = sized === undefined ? seconds : sized.served(seconds, startedAt)
    const skill = keeper.finish(this.requestClass, served, now)
    if (balancers.connected > 1) newClasses.served(this.requestClass, skill)
    if (recorder && ending) recorder.note(this.#head, ending, skill.count, milliseconds)
    this.#context.onServed(now)
    if (sized?.depth === undefined) return { seconds, others, skill }
    this.#context.onWarmth()
    return { seconds, others, skill, depth: sized.depth }
  }

  /** Lets the handler keep its slot, so that not more of them run than allowed. */
  #bePatient(): void {
    this.#cancelPatience = this.#context.clock.after(abandonedPatience, () => this.#leave())
  }

  #leave(): void {
    if (!this.#hasSlot) return
    this.#hasSlot = false
    this.#cancelPatience?.()
    this.#context.slots.leave(this)
  }

  #record(code: TraceCode, details: string | number = ''): void {
    this.#context.trace?.write(code, this.#head.id, details)
  }
}

const refuseEach: UpgradeListener = (_request, socket) => refuseUpgrade(socket)
