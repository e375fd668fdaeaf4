/** A request of the worker to its own handler: it takes a slot, and its response is discarded. */
import type { AddressInfo, Server } from 'node:net'
import type { Clock, Logger, Slots, Turn, Waiter } from '@resumelb/common'
import type { Report, RequestHead, ResetCode, ResponseHead, StreamEnd } from '@resumelb/protocol'
import type { ResumeKeeper } from '@resumelb/resume'
import { Exchange } from '../http/exchange.ts'
import type { Ending, ExchangeListener, ExchangeStream } from '../http/exchange-listener.ts'
import type { RequestListener } from '../http/listeners.ts'
import { abandonedPatience } from '../task.ts'

/** What such requests share. */
export interface WarmUpContext {
  readonly handle: RequestListener
  readonly keeper: Pick<ResumeKeeper, 'expectedSeconds' | 'isCold'>
  readonly slots: Slots
  readonly server: Server
  readonly log: Logger
  readonly clock: Clock
}

/** How it ended: the status of a whole response, or the code of a response that broke off. */
export type WarmUpOutcome = number | ResetCode

/** Takes a response, and keeps nothing of it but its status. */
class DiscardedResponse implements ExchangeStream {
  readonly queuedBytes: number = 0
  readonly #settle: (outcome: WarmUpOutcome) => void
  #status = 0

  constructor(settle: (outcome: WarmUpOutcome) => void) {
    this.#settle = settle
  }

  respond({ status }: ResponseHead, _body?: Buffer | string, end?: StreamEnd): void {
    this.#status = status
    if (end !== undefined) this.end()
  }

  write(): boolean {
    return true
  }

  end(): void {
    this.#settle(this.#status)
  }

  reset(code: ResetCode): void {
    this.#settle(code)
  }

  consumed(): void {
    // The request has no body.
  }
}

class WarmUpRequest implements Waiter, ExchangeListener {
  readonly isWarmUp: boolean = true
  /** Part of {@link Waiter}. */
  readonly isKnownClass: boolean = true
  /** Part of {@link Waiter}. */
  readonly hasOtherClasses: boolean = false
  /** Part of {@link Waiter}. */
  readonly requestClass: string
  /** Part of {@link Waiter}. */
  readonly expectedSeconds: number
  /** Part of {@link Waiter}. */
  turn: Turn<Waiter> | undefined
  readonly exchange: Exchange
  readonly #context: WarmUpContext
  readonly #head: RequestHead
  #hasSlot = false
  #hasEnded = false
  #cancelPatience: (() => void) | undefined

  constructor(context: WarmUpContext, head: RequestHead, response: ExchangeStream) {
    this.#context = context
    this.#head = head
    this.requestClass = head.requestClass
    this.expectedSeconds = context.keeper.expectedSeconds(head.requestClass)
    this.exchange = new Exchange(response, head, undefined, true, this)
    context.slots.enter(this)
  }

  /** Part of {@link Waiter}. */
  get isCold(): boolean {
    return this.#context.keeper.isCold(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  begin(): void {
    this.#hasSlot = true
    this.exchange.run(this.#context.handle)
  }

  /** Part of {@link ExchangeListener}. */
  get local(): AddressInfo {
    return this.#context.server.address() as AddressInfo
  }

  /** Part of {@link ExchangeListener}. */
  get server(): Server {
    return this.#context.server
  }

  /** Part of {@link ExchangeListener}. */
  after(milliseconds: number, callback: () => void): () => void {
    return this.#context.clock.after(milliseconds, callback)
  }

  /** Part of {@link ExchangeListener}. */
  onUpgraded(): void {
    // Such requests are never recorded.
  }

  /** Part of {@link ExchangeListener}. */
  onResponding(): void {
    // Each of its requests loads something else.
  }

  /**
   * Part of {@link ExchangeListener}. No report: the time of a cold request is no skill, and
   * nothing was asked by a client.
   */
  onEnd({ isAbandoned }: Ending): Report | undefined {
    this.#hasEnded = true
    const { slots, clock } = this.#context
    if (!this.#hasSlot) slots.cancel(this)
    else if (!(isAbandoned && this.exchange.isHandling)) this.#leave()
    else this.#cancelPatience = clock.after(abandonedPatience, () => this.#leave())
    return undefined
  }

  /** Part of {@link ExchangeListener}. */
  onFirstByte(): void {
    // Nothing is measured.
  }

  /** Part of {@link ExchangeListener}. */
  onWarm(): void {
    // Recorded requests have no chain.
  }

  /** Part of {@link ExchangeListener}. */
  onSettled(): void {
    if (this.#hasEnded) this.#leave()
  }

  /** Part of {@link ExchangeListener}. */
  onBodyRead(): void {
    // There is none.
  }

  /** Part of {@link ExchangeListener}. */
  onOver(): void {
    // The response has told that.
  }

  /** Part of {@link ExchangeListener}. */
  onNote(): void {
    // The trace log has requests of clients.
  }

  /** Part of {@link ExchangeListener}. */
  onError(error: unknown): void {
    const { method, url, requestClass } = this.#head
    const facts = { err: error, method, url, requestClass }
    this.#context.log.warn(facts, 'handler failed at a warm-up request')
  }

  #leave(): void {
    if (!this.#hasSlot) return
    this.#hasSlot = false
    this.#cancelPatience?.()
    this.#context.slots.leave(this)
  }
}

/**
 * Runs the handler for the request when there is a free slot. When the signal is aborted, it is as
 * if a client had disconnected. Never rejects.
 */
export function runWarmUpRequest(
  context: WarmUpContext,
  head: RequestHead,
  signal: AbortSignal,
): Promise<WarmUpOutcome> {
  return new Promise((resolve) => {
    const request = new WarmUpRequest(context, head, new DiscardedResponse(resolve))
    signal.addEventListener('abort', () => {
      request.exchange.onReset('CANCELLED')
      resolve('CANCELLED')
    })
  })
}
