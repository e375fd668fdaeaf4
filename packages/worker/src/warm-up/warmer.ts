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
  type SampleRequest,
  type WarmUpProgress,
} from '@resumelb/protocol'
import type { ResumeKeeper } from '@resumelb/resume'
import { hottestClasses } from './hottest-classes.ts'
import { Leaving } from './leaving.ts'
import type { ResolvedWarmUpOptions, WarmFunction } from './options.ts'
import { Preparations } from './preparations.ts'
import { Recorder } from './recorder.ts'
import type { ListedUrl } from './url-list.ts'
import { stepShare, WarmUp } from './warm-up.ts'
import { runWarmUpRequest, type WarmUpContext } from './warm-up-request.ts'
import type { WarmUpStep } from './warm-up-step.ts'

/** The first status of responses that are failures. */
const firstFailure = 500

/** What the warmer of a worker needs. */
export interface WarmerContext extends WarmUpContext {
  readonly keeper: Pick<ResumeKeeper, 'expectedSeconds' | 'finish' | 'resume'>
  /** The résumé has changed, at `now` seconds. */
  onServed(now: number): void
}

export class Warmer {
  /** Present if requests are recorded. */
  readonly recorder: Recorder | undefined
  readonly #options: ResolvedWarmUpOptions
  readonly #context: WarmerContext
  readonly #preparations: Preparations
  readonly #leaving: Leaving
  #warmUp: WarmUp | undefined
  #hasBegun = false
  #requests = 0

  constructor(options: ResolvedWarmUpOptions, context: WarmerContext) {
    this.#options = options
    this.#context = context
    const timeout = options.timeout * stepShare
    this.#leaving = new Leaving(context)
    this.#preparations = new Preparations({
      ...{ log: context.log, clock: context.clock, timeout },
      stepFor: (handed) => this.#stepFor(handed),
      onWarm: (handed) => this.#onWarm(handed),
    })
    if (options.warmUp === 'replay') this.recorder = new Recorder(options.recordsCredentials)
  }

  /** How far it is; absent if there is nothing to do, or no more. */
  get progress(): WarmUpProgress | undefined {
    return this.#warmUp?.progress
  }

  /** Decides what to do at the start, from the résumé as it was loaded. */
  plan(): void {
    const classes = this.#hottest().flatMap((handed) => this.#stepFor(handed) ?? [])
    const steps = [...classes, ...this.#urlSteps()]
    if (steps.length > 0) this.#warmUp = new WarmUp(steps, this.#options, this.#context)
  }

  /** Begins, at the first call after {@link plan}; `onOver` is called when the worker may take requests. */
  begin(onOver: () => void): void {
    if (this.#hasBegun || this.#warmUp === undefined) return
    this.#hasBegun = true
    void this.#warmUp.run().then(() => {
      this.#warmUp = undefined
      onOver()
    })
  }

  /** Ends everything at once. */
  stop(): void {
    this.#warmUp?.stop()
    this.#warmUp = undefined
    this.#preparations.stop()
  }

  /** A load balancer asks this worker to get warm, or says that others are. */
  onHandOver(message: HandOver): void {
    if (message.step === 'prepare') this.#preparations.add(message.handed)
    else if (message.step === 'done') this.#leaving.done()
  }

  /**
   * Hands the classes of this worker over, by those load balancers. Resolves when that is done, or
   * after `time` milliseconds.
   */
  async handOver(balancers: readonly Connection[], time: number): Promise<void> {
    await this.#leaving.run(this.#hottest(), balancers, time)
  }

  /**
   * The class is as if it had been served once, as fast as at the worker that leaves: the time that
   * it has just taken is that of a cold request.
   */
  #onWarm({ requestClass, seconds }: HandedClass): void {
    const now = this.#context.clock.now() / 1000
    this.#context.keeper.finish(requestClass, seconds, now)
    this.#context.onServed(now)
  }

  /** The classes of this worker, with what is needed to warm them up; none if it does not. */
  #hottest(): HandedClass[] {
    const { warmUp, classes } = this.#options
    if (warmUp === 'off') return []
    const resume = this.#context.keeper.resume(this.#context.clock.now() / 1000)
    return hottestClasses(resume, classes).flatMap((requestClass) => {
      const requests = this.recorder?.requestsOf(requestClass) ?? []
      if (warmUp === 'replay' && requests.length === 0) return []
      return { requestClass, seconds: resume.get(requestClass)?.seconds ?? 0, requests }
    })
  }

  /** How to warm up a class; undefined if there is no way. */
  #stepFor({ requestClass, requests }: HandedClass): WarmUpStep | undefined {
    const { warmUp } = this.#options
    if (typeof warmUp === 'function') return functionStep(requestClass, warmUp)
    return requests.length === 0 ? undefined : this.#requestStep(requestClass, requests)
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

  #requestStep(requestClass: RequestClass, requests: readonly SampleRequest[]): WarmUpStep {
    const run = async (chosen: readonly SampleRequest[], signal: AbortSignal) => {
      for (const request of chosen) {
        const head = headOf(request, requestClass, `warm-up-${++this.#requests}`)
        const outcome = await runWarmUpRequest(this.#context, head, signal)
        if (signal.aborted) return
        if (typeof outcome === 'number' && outcome < firstFailure) continue
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
