/**
 * How a worker gets warm: when it starts, and for classes that other workers hand over; and how it
 * hands over its own.
 */
import {
  type Connection,
  type HandedClass,
  type HandOver,
  joinHeaders,
  type RequestClass,
  type RequestHead,
  type Resume,
  type SampleRequest,
  type WarmUpProgress,
} from '@resumelb/protocol'
import type { ResumeKeeper } from '@resumelb/resume'
import { handedClasses } from './handed-classes.ts'
import { hottestClasses, rareClasses, servedClasses } from './hottest-classes.ts'
import { Joining } from './joining.ts'
import { Leaving } from './leaving.ts'
import { Offers } from './offers.ts'
import type { ResolvedWarmUpOptions, WarmFunction } from './options.ts'
import { Pacing } from './pacing.ts'
import { Preparations } from './preparations.ts'
import { Recorder } from './recorder.ts'
import type { ListedUrl } from './url-list.ts'
import { stepShare, WarmUp } from './warm-up.ts'
import { runWarmUpRequest, type WarmUpContext, type WarmUpOutcome } from './warm-up-request.ts'
import type { WarmUpStep } from './warm-up-step.ts'

/** The first status of responses that are failures. */
const firstFailure = 500

/** What the warmer of a worker needs. */
export interface WarmerContext extends WarmUpContext {
  readonly keeper: Pick<
    ResumeKeeper,
    | 'expectedSeconds'
    | 'finish'
    | 'giveUp'
    | 'isCold'
    | 'publishSoon'
    | 'resume'
    | 'setWarm'
    | 'size'
  >
  /** The résumé has changed, at `now` seconds. */
  onServed(now: number): void
  /** Requests that the worker serves at once. */
  concurrency(): number
  /** The load balancers that know hand-overs, the one that plans first. */
  handingOver(): readonly Connection[]
  /** The worker warms up, or is warm now. */
  onChange(): void
}

export class Warmer {
  /** Present if requests are recorded. */
  readonly recorder: Recorder | undefined
  readonly #options: ResolvedWarmUpOptions
  readonly #context: WarmerContext
  readonly #preparations: Preparations
  readonly #leaving: Leaving
  readonly #joining: Joining
  readonly #pacing: Pacing
  readonly #offers = new Offers((names) => this.#served(names))
  #warmUp: WarmUp | undefined
  #isPlanned = false
  #hasBegun = false
  #requests = 0

  constructor(options: ResolvedWarmUpOptions, context: WarmerContext) {
    this.#options = options
    this.#context = context
    const timeout = options.timeout * stepShare
    const { log, clock } = context
    const balancers = () => context.handingOver()
    const onChange = () => context.onChange()
    this.#pacing = new Pacing(context)
    this.#leaving = new Leaving({ log, clock, balancers })
    this.#joining = new Joining({ log, clock, timeout: options.timeout, balancers, onChange })
    this.#preparations = new Preparations({
      ...{ log, clock, timeout },
      stepFor: (handed) => this.#stepFor(handed, true),
      onWarm: (handed) => this.#onWarm(handed),
      onAdded: () => this.#joining.onAdded(),
      onEnded: () => this.#joining.onEnded(),
    })
    if (options.warmUp === 'replay') this.recorder = new Recorder(options.recordsCredentials)
  }

  /** How far it is; absent if there is nothing to do, or no more. */
  get progress(): WarmUpProgress | undefined {
    return this.#warmUp?.progress ?? this.#joining.progress
  }

  /**
   * Decides what to do at the start, from the résumé as it was loaded. Of the classes that are not
   * worth it, the worker forgets the skill: other workers may be warm for them.
   */
  plan(): void {
    const { warmUp, classes: most } = this.#options
    this.#isPlanned = true
    const resume = this.#resume
    const hottest = this.#handed(hottestClasses(resume, most), resume)
    const classes = hottest.flatMap((handed) => this.#stepFor(handed) ?? [])
    if (warmUp !== 'off' && classes.length > 0) this.#forget(rareClasses(resume))
    const steps = [...classes, ...this.#urlSteps()]
    if (steps.length > 0) this.#warmUp = new WarmUp(steps, this.#options, this.#context)
  }

  /** Begins, at the first call after {@link plan}. */
  begin(): void {
    if (this.#hasBegun || !this.#isPlanned) return
    this.#hasBegun = true
    void this.#run()
  }

  async #run(): Promise<void> {
    await this.#warmUp?.run()
    const wasWarming = this.#warmUp !== undefined
    this.#warmUp = undefined
    const { size } = this.#context.keeper
    if (this.#options.warmUp !== 'off' && size === 0) this.#joining.begin()
    if (wasWarming) this.#context.onChange()
  }

  /** Ends everything at once. */
  stop(): void {
    this.#warmUp?.stop()
    this.#warmUp = undefined
    this.#joining.stop()
    this.#preparations.clear()
  }

  /** A load balancer asks for something, or says what has happened elsewhere. */
  onHandOver(connection: Connection, message: HandOver): void {
    if (message.step === 'ask') this.#offers.answer(connection, message)
    else if (message.step === 'prepare') this.#preparations.add(message.handed)
    else if (message.step === 'done') this.#onDone()
    else if (message.step === 'forget') this.#forget(message.classes)
    else if (message.step === 'released') this.#offers.end(connection)
  }

  #onDone(): void {
    this.#leaving.done()
    this.#joining.onAll()
  }

  /** A load balancer that knows hand-overs has connected. */
  onConnected(connection: Connection): void {
    this.#leaving.onConnected(connection)
    this.#joining.onConnected()
  }

  /** The connection to a load balancer has ended. */
  onLost(connection: Connection): void {
    this.#leaving.onLost(connection)
    this.#joining.onLost(connection)
    this.#offers.end(connection)
  }

  /**
   * Hands the classes of this worker over. Resolves when that is done, or after `time`
   * milliseconds.
   */
  async handOver(time: number): Promise<void> {
    if (this.#options.warmUp === 'off') return
    this.#preparations.clear()
    await this.#leaving.run(this.#served(), time)
  }

  /** The worker goes on: ends what {@link handOver} has begun. */
  stay(): void {
    this.#leaving.cancel()
  }

  /**
   * The class is as if it had been served once, as fast as at the worker that leaves: the time that
   * it has just taken is that of a cold request.
   */
  #onWarm({ requestClass, seconds, requests }: HandedClass): void {
    this.recorder?.adopt(requestClass, requests)
    const now = this.#context.clock.now() / 1000
    const { keeper } = this.#context
    keeper.finish(requestClass, seconds, now)
    keeper.setWarm(requestClass)
    keeper.publishSoon()
    this.#context.onServed(now)
  }

  /** What this worker serves: the classes of these names, or all. */
  #served(names: readonly RequestClass[] = []): HandedClass[] {
    const resume = this.#resume
    const served = servedClasses(resume, this.#options.classes)
    return this.#handed(names.length === 0 ? served : names, resume)
  }

  #forget(classes: readonly RequestClass[]): void {
    const { keeper } = this.#context
    const now = this.#context.clock.now() / 1000
    for (const requestClass of classes) keeper.giveUp(requestClass, now)
    keeper.publishSoon()
    this.#context.onServed(now)
  }

  get #resume(): Resume {
    return this.#context.keeper.resume(this.#context.clock.now() / 1000)
  }

  /** These classes with what is needed to warm them up; none if this worker does not. */
  #handed(classes: readonly RequestClass[], resume: Resume): HandedClass[] {
    const { warmUp } = this.#options
    if (warmUp === 'off') return []
    const { recorder } = this
    return handedClasses(classes, resume, recorder && ((name) => recorder.requestsOf(name)))
  }

  /** How to warm up a class; undefined if there is no way. */
  #stepFor({ requestClass, requests }: HandedClass, isPaced = false): WarmUpStep | undefined {
    const { warmUp } = this.#options
    const isCalled = typeof warmUp === 'function'
    if (!isCalled && requests.length === 0) return undefined
    const step = isCalled
      ? functionStep(requestClass, warmUp)
      : this.#requestStep(requestClass, requests, isPaced)
    const warm = async (signal: AbortSignal) => {
      await step.warm(signal)
      this.#context.keeper.setWarm(requestClass)
    }
    return { ...step, warm }
  }

  #urlSteps(): WarmUpStep[] {
    const byHost = new Map<string, SampleRequest[]>()
    for (const url of this.#options.urls) {
      const requests = byHost.get(url.host) ?? []
      byHost.set(url.host, requests)
      requests.push(requestOf(url))
    }
    return [...byHost].map(([host, requests]) => {
      const { requestClass, warm } = this.#requestStep(host, requests)
      return { requestClass, warm }
    })
  }

  #requestStep(
    requestClass: RequestClass,
    requests: readonly SampleRequest[],
    isPaced = false,
  ): WarmUpStep {
    const run = async (chosen: readonly SampleRequest[], signal: AbortSignal) => {
      for (const request of chosen) {
        // A worker that joins has no clients yet.
        if (isPaced && this.#joining.progress === undefined) {
          await new Promise<void>((resolve) => this.#pacing.onceDue(resolve))
        }
        // It may have been given up meanwhile.
        if (signal.aborted) return
        const startedAt = this.#context.clock.now()
        const head = headOf(request, requestClass, `warm-up-${++this.#requests}`)
        const outcome = await runWarmUpRequest(this.#context, head, signal)
        if (signal.aborted) return
        this.#pacing.ended(startedAt)
        if (isServed(outcome)) continue
        throw new Error(`${outcome} for ${request.method} ${request.url}`)
      }
    }
    return {
      requestClass,
      warm: (signal) => run(requests, signal),
      touch: (signal) => run(requests.slice(-1), signal),
    }
  }
}

function isServed(outcome: WarmUpOutcome): boolean {
  return typeof outcome === 'number' && outcome < firstFailure
}

function functionStep(requestClass: RequestClass, warm: WarmFunction): WarmUpStep {
  return { requestClass, warm: async (signal) => void (await warm(requestClass, { signal })) }
}

function requestOf({ host, target, isEncrypted }: ListedUrl): SampleRequest {
  const headers = joinHeaders(['Host', host, 'User-Agent', 'resumelb-worker', 'Accept', '*/*'])
  return { method: 'GET', url: target, headers, encrypted: isEncrypted }
}

/** Comes from this process: 127.0.0.1, which applications expect of a proxy. */
function headOf(request: SampleRequest, requestClass: RequestClass, id: string): RequestHead {
  return {
    ...request,
    requestClass,
    id,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    httpVersion: '1.1',
  }
}
