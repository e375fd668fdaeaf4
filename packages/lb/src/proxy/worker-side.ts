/** The worker's side of an exchange: its attempts, and what a worker sends as a response. */
import type { Report, ResetCode, ResponseHead, StreamEnd, StreamHandler } from '@resumelb/protocol'
import type { FailureName } from '../http/failures.ts'
import { withForwarded } from '../http/forwarded.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { PickArgs } from '../pool/pick.ts'
import { Attempts } from './attempts.ts'
import type { Collecting } from './body-collector.ts'
import { ClientSide } from './client-side.ts'
import type { ExchangeOwner } from './exchange-owner.ts'
import { type ExchangeEvent, type ExchangeState, nextExchangeState } from './exchange-state.ts'
import { isWorkerFailure } from './outcome.ts'
import { UpgradedExchange, type UpgradedExchangeEvents } from './upgraded-exchange.ts'
import { workerHead } from './worker-head.ts'

/** A base of the exchange, to save an object per request. */
export abstract class WorkerSide
  extends ClientSide
  implements StreamHandler, UpgradedExchangeEvents, Collecting
{
  readonly tries: Attempts
  protected readonly owner: ExchangeOwner
  protected state: ExchangeState = 'collecting'
  /** Whether the client asks for an upgrade. */
  protected readonly isUpgrade: boolean
  /** Present once a worker has granted the upgrade. */
  protected upgraded: UpgradedExchange | undefined

  /** `startedAt` is in milliseconds of the clock. */
  constructor(
    http: HttpExchange,
    id: string,
    pick: PickArgs,
    startedAt: number,
    owner: ExchangeOwner,
  ) {
    const facts = withForwarded(http.facts)
    super(http, facts, id, pick, startedAt, owner.context)
    this.owner = owner
    this.isUpgrade = facts.upgrade !== undefined
    const head = workerHead(this, facts, owner.context)
    this.tries = new Attempts(this, head, this.requestBody, owner.context)
  }

  /** Part of {@link Collecting}. */
  abstract onCollectTimeout(): void

  /** Part of {@link StreamHandler}: the worker gives the request up. */
  abstract onReset(code: ResetCode): void

  /** Part of {@link UpgradedExchangeEvents}. */
  abstract onUpgradeEnd(): void

  /** Part of {@link ClientSide}. */
  protected get isOver(): boolean {
    return this.state === 'over'
  }

  /**
   * Since when, by the clock of deadlines, the worker owes the response; `Infinity`: it does not.
   */
  get awaitingSince(): number {
    return this.tries.awaitingSince
  }

  /** Bytes of the response body that were given to the client's socket. */
  get bytesSent(): number {
    return this.upgraded === undefined ? this.response.bytesSent : this.upgraded.bytesSent
  }

  /** Closes an upgraded connection; see `Tunnel.goAway`. */
  goAway(): void {
    this.upgraded?.goAway()
  }

  /** Part of {@link StreamHandler}. */
  onResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (head.status < 200) return this.#onInterim(head, body, end)
    if (this.isUpgrade) this.tries.endRequest()
    this.enter('answered')
    if (this.keepsBody) this.#forgetBody()
    this.status = head.status
    this.answeredAt = this.owner.context.clock.now()
    this.tries.answered(this.answeredAt)
    if (this.owner.isDraining) this.http.closeAfter()
    this.tellWorker(this.tries.isEncrypted)
    if (end !== undefined) return this.#onWhole(head, body, end)
    if (!this.response.begin(head)) this.fail('INVALID_RESPONSE')
    else if (body === undefined) this.http.flushHead()
    else this.onData(body)
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    if (this.state !== 'answering' || !this.response.write(chunk)) this.fail('INVALID_RESPONSE')
  }

  /** Part of {@link StreamHandler}. */
  onEnd(end: StreamEnd): void {
    const isWhole = this.state === 'answering' && this.response.isComplete
    if (!isWhole || !this.response.addTrailers(end.trailers)) return this.fail('INVALID_RESPONSE')
    this.#finish(end.report)
    this.response.end()
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    this.requestBody?.drained()
  }

  /** Part of {@link ClientSide}. */
  onTaken(bytes: number): void {
    this.tries.consumed(bytes)
  }

  /** Part of {@link UpgradedExchangeEvents}. */
  onTunnelFailed(failure: FailureName): void {
    this.reportTruncated(failure)
  }

  protected enter(event: ExchangeEvent): void {
    this.state = nextExchangeState(this.state, event)
  }

  #onInterim(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (head.status === 101) this.#onGranted(head, body, end)
    else if (head.status === 100) this.#askForBody()
    else this.response.interim(head)
  }

  #onGranted(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (!this.isUpgrade || end !== undefined) return this.fail('INVALID_RESPONSE')
    const { context } = this.owner
    const now = context.clock.now()
    this.upgraded = UpgradedExchange.begin(this, this.tries, context, this, head, body)
    if (this.upgraded === undefined) return this.fail('INVALID_RESPONSE')
    this.enter('granted')
    this.status = head.status
    this.answeredAt = now
    this.isUpgraded = true
    this.tries.granted(now)
  }

  #askForBody(): void {
    const isAsked = this.askForBody() && this.state === 'asked'
    // From now on, the client owes the body.
    if (isAsked && this.requestBody?.isOwed) this.tries.expectResponse(false)
  }

  /** The response has begun: the body will not be sent again. */
  #forgetBody(): void {
    this.requestBody?.forget()
    this.owner.collector.release(this)
  }

  #onWhole(head: ResponseHead, body: Buffer | undefined, end: StreamEnd): void {
    const isSet = this.response.beginWhole(head, body?.length ?? 0, end.trailers)
    if (!isSet) return this.fail('INVALID_RESPONSE')
    // Before the client gets the response: by then the worker should count as free.
    this.#finish(end.report)
    this.response.end(body)
  }

  /** The response is complete. */
  #finish(report: Report | undefined): void {
    this.enter('ended')
    this.tries.finish(isWorkerFailure(this.status) ? 'failed' : 'served', report)
    const body = this.requestBody
    if (body === undefined) return
    if (body.isComplete && this.tries.isSent) body.discard()
    else this.tries.sendRest(body)
  }
}
