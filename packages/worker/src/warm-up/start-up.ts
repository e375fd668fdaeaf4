/** What a worker warms up when it starts, and what it remembers for that. */
import {
  joinHeaders,
  type RequestClass,
  type RequestHead,
  type Resume,
  type WarmUpProgress,
} from '@resumelb/protocol'
import { hottestClasses } from './hottest-classes.ts'
import type { ResolvedWarmUpOptions, WarmFunction } from './options.ts'
import type { RecordedRequest } from './recorded-request.ts'
import { Recorder } from './recorder.ts'
import type { ListedUrl } from './url-list.ts'
import { WarmUp, type WarmUpStep } from './warm-up.ts'
import { runWarmUpRequest, type WarmUpContext } from './warm-up-request.ts'

/** The first status of responses that are failures. */
const firstFailure = 500

export class StartUp {
  /** Present if requests are recorded. */
  readonly recorder: Recorder | undefined
  readonly #options: ResolvedWarmUpOptions
  readonly #context: WarmUpContext
  #warmUp: WarmUp | undefined
  #hasBegun = false
  #requests = 0

  constructor(options: ResolvedWarmUpOptions, context: WarmUpContext) {
    this.#options = options
    this.#context = context
    if (options.warmUp === 'replay') this.recorder = new Recorder(options.recordsCredentials)
  }

  /** How far it is; absent if there is nothing to do, or no more. */
  get progress(): WarmUpProgress | undefined {
    return this.#warmUp?.progress
  }

  /** Decides what to do, from the résumé as it was loaded. */
  plan(resume: Resume): void {
    const hottest = hottestClasses(resume, this.#options.classes)
    const steps = [...this.#classSteps(hottest), ...this.#urlSteps()]
    if (steps.length > 0) this.#warmUp = new WarmUp(steps, this.#options, this.#context)
  }

  /** Begins, at the first call; `onOver` is called when the worker may take requests. */
  begin(onOver: () => void): void {
    if (this.#hasBegun || this.#warmUp === undefined) return
    this.#hasBegun = true
    void this.#warmUp.run().then(() => {
      this.#warmUp = undefined
      onOver()
    })
  }

  /** Ends it at once. */
  stop(): void {
    this.#warmUp?.stop()
    this.#warmUp = undefined
  }

  #classSteps(hottest: readonly RequestClass[]): WarmUpStep[] {
    const { warmUp } = this.#options
    if (typeof warmUp === 'function') return hottest.map((name) => functionStep(name, warmUp))
    return hottest.flatMap((requestClass) => {
      const recorded = this.recorder?.requestsOf(requestClass) ?? []
      if (recorded.length === 0) return []
      return this.#requestStep(requestClass, recorded)
    })
  }

  #urlSteps(): WarmUpStep[] {
    const byHost = new Map<string, RecordedRequest[]>()
    for (const url of this.#options.urls) {
      const requests = byHost.get(url.host) ?? []
      byHost.set(url.host, requests)
      requests.push(requestOf(url))
    }
    return [...byHost].map(([host, requests]) => this.#requestStep(host, requests))
  }

  #requestStep(requestClass: RequestClass, requests: readonly RecordedRequest[]): WarmUpStep {
    const warm = async (signal: AbortSignal) => {
      for (const request of requests) {
        const head = headOf(request, requestClass, `warm-up-${++this.#requests}`)
        const outcome = await runWarmUpRequest(this.#context, head, signal)
        if (signal.aborted) return
        if (typeof outcome === 'number' && outcome < firstFailure) continue
        throw new Error(`${outcome} for ${request.method} ${request.url}`)
      }
    }
    return { requestClass, warm }
  }
}

function functionStep(requestClass: RequestClass, warm: WarmFunction): WarmUpStep {
  return { requestClass, warm: async (signal) => void (await warm(requestClass, { signal })) }
}

function requestOf({ host, target, isEncrypted }: ListedUrl): RecordedRequest {
  const headers = joinHeaders(['Host', host, 'User-Agent', 'resumelb-worker', 'Accept', '*/*'])
  return { method: 'GET', url: target, headers, encrypted: isEncrypted }
}

/** Comes from this process: 127.0.0.1, which applications expect of a proxy. */
function headOf(request: RecordedRequest, requestClass: RequestClass, id: string): RequestHead {
  return {
    ...request,
    requestClass,
    id,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    httpVersion: '1.1',
  }
}
