/** One request of a client, from its arrival to the end of its response. */
import type { Linked } from '@resumelb/common'
import {
  isRefusal,
  type Report,
  type ResetCode,
  type ResponseHead,
  type StreamEnd,
  type StreamHandler,
} from '@resumelb/protocol'
import { ReadBody } from '../http/body-view.ts'
import { type FailureName, failures } from '../http/failures.ts'
import { withForwarded } from '../http/forwarded.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Worker } from '../workers/worker.ts'
import { Attempts } from './attempts.ts'
import type { Collecting } from './body-collector.ts'
import { ClientSide } from './client-side.ts'
import type { ExchangeOwner } from './exchange-owner.ts'
import { type ExchangeEvent, type ExchangeState, nextExchangeState } from './exchange-state.ts'
import { respondAsLastHop } from './last-hop.ts'
import { isWorkerFailure, outcomesOfResets, resultOfFailure } from './outcome.ts'
import { maxCollectedLength } from './request-body-relay.ts'
import { UpgradedExchange, type UpgradedExchangeEvents } from './upgraded-exchange.ts'
import { workerHead } from './worker-head.ts'

export class Exchange
  extends ClientSide
  implements StreamHandler, UpgradedExchangeEvents, Collecting, Linked<Exchange>
{
  /** Links of the list of exchanges in progress. */
  before: Exchange | undefined
  after: Exchange | undefined
  isChained = false
  readonly tries: Attempts
  readonly #owner: ExchangeOwner
  #state: ExchangeState = 'collecting'
  readonly #isUpgrade: boolean
  #upgraded: UpgradedExchange | undefined

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
    this.#owner = owner
    this.#isUpgrade = facts.upgrade !== undefined
    const head = workerHead(this, facts, owner.context)
    this.tries = new Attempts(this, head, this.requestBody, owner.context)
  }

  /** Part of {@link ClientSide}. */
  protected get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Starts the exchange. Called once, first. */
  begin(): void {
    const { http } = this
    const { refusal, facts } = http
    const { contentLength } = facts
    http.listen(this)
    if (refusal !== undefined) return this.fail(refusal)
    if (this.requestBody === undefined) http.leaveUnread()
    else this.watchClient()
    if (facts.isForUs) return this.#answerAsLastHop()
    if (this.keepsBody) return this.collectBody()
    const isShort = contentLength > 0 && contentLength <= maxCollectedLength
    if (isShort && !facts.expectsContinue) this.requestBody?.collect()
    else this.dispatch()
  }

  /** The response has begun: the body will not be sent again. */
  #forgetBody(): void {
    this.requestBody?.forget()
    this.#owner.collector.release(this)
  }

  /** Part of {@link Collecting}. */
  onCollectTimeout(): void {
    if (this.#state === 'collecting') this.#dispatchPart()
  }

  /** Classifies the request without its body, of which a part has come. */
  #dispatchPart(): void {
    this.requestBody?.hold()
    this.#dispatchCollected(undefined)
  }

  #dispatchCollected(body: Buffer | undefined): void {
    this.#owner.collector.classify(this, body && new ReadBody(body))
    this.tries.classified(this.pick)
    this.dispatch()
  }

  /**
   * Since when, by the clock of deadlines, the worker owes the response; `Infinity`: it does not.
   */
  get awaitingSince(): number {
    return this.tries.awaitingSince
  }

  /** Bytes of the response body that were given to the client's socket. */
  get bytesSent(): number {
    return this.#upgraded === undefined ? this.response.bytesSent : this.#upgraded.bytesSent
  }

  /** Closes an upgraded connection; see `Tunnel.goAway`. */
  goAway(): void {
    this.#upgraded?.goAway()
  }

  /** Sends the request to a worker, or queues it. Returns whether it is not in the queue now. */
  dispatch(): boolean {
    if (!this.#owner.admits(this)) return this.#standBack()
    if (this.send() || this.#sendBack()) return true
    const { failed } = this.tries
    const canWait = failed === undefined && !this.#isUpgrade
    if (!canWait && this.#owner.context.workers.hasReady) {
      this.fail(failed === undefined ? 'UNSUPPORTED_UPGRADE' : this.#failureOfLast)
      return true
    }
    if (this.#state !== 'waiting') this.#wait()
    return false
  }

  /** Sends the request to a worker; false if there is none for it now. */
  send(): boolean {
    const assignment = this.#owner.assign(this, this.tries.failed, this.#isUpgrade)
    if (assignment === undefined) return this.#state === 'over'
    this.#enter('assigned')
    const isSent = this.tries.begin(assignment, this, this.asksForWord)
    if (!isSent) this.fail('HEADERS_TOO_LARGE')
    return true
  }

  /** If it has come back only because it had to wait, and no other worker can take it. */
  #sendBack(): boolean {
    if (this.tries.failed === undefined || !this.pick.wasGivenBack) return false
    this.tries.forgive()
    return this.send()
  }

  /** Its class has as many requests in progress as it may. */
  #standBack(): boolean {
    if (this.#state === 'waiting') return false
    if (this.#owner.context.options.classLimitAction === 'wait') {
      this.#wait()
      return false
    }
    this.fail('CLASS_LIMIT')
    return true
  }

  /** The failure to report after the last of all workers has failed. */
  get #failureOfLast(): FailureName {
    return isRefusal(this.reset) ? 'REFUSED' : 'WORKER_LOST'
  }

  /** Ends the exchange without a response from a worker. */
  fail(failure: FailureName): void {
    if (this.#state === 'over') return
    if (this.#upgraded !== undefined) return this.#upgraded.cut(failure)
    this.tries.giveUp(
      failure === 'RESPONSE_TIMEOUT' ? 'TIMEOUT' : 'CANCELLED',
      resultOfFailure(failure),
    )
    this.#enter('ended')
    this.failure = failure
    if (this.http.hasBegun) {
      this.requestBody?.discard()
      return this.breakOff(failure)
    }
    this.status = failures[failure].status
    this.response.countOwnBody(this.#owner.onFailure(this, failure))
    this.requestBody?.discard()
  }

  onResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (head.status < 200) return this.#onInterim(head, body, end)
    if (this.#isUpgrade) this.tries.endRequest()
    this.#enter('answered')
    if (this.keepsBody) this.#forgetBody()
    this.status = head.status
    this.answeredAt = this.#owner.context.clock.now()
    this.tries.answered(this.answeredAt)
    if (this.#owner.isDraining) this.http.closeAfter()
    this.tellWorker(this.tries.isEncrypted)
    if (end !== undefined) return this.#onWhole(head, body, end)
    if (!this.response.begin(head)) this.fail('INVALID_RESPONSE')
    else if (body === undefined) this.http.flushHead()
    else this.onData(body)
  }

  onData(chunk: Buffer): void {
    if (this.#state !== 'answering' || !this.response.write(chunk)) this.fail('INVALID_RESPONSE')
  }

  onEnd(end: StreamEnd): void {
    const isWhole = this.#state === 'answering' && this.response.isComplete
    if (!isWhole || !this.response.addTrailers(end.trailers)) return this.fail('INVALID_RESPONSE')
    this.#finish(end.report)
    this.response.end()
  }

  onReset(code: ResetCode): void {
    if (this.#state === 'over') {
      this.tries.forget()
      // While its request has not come whole, the client's connection is the application's to
      // close.
      if (code === 'ABORTED' && this.requestBody?.isComing) this.http.breakOff()
      this.requestBody?.discard()
      this.http.leaveUnread()
      return
    }
    const link = this.tries.lost(code)
    if (code === 'ABORTED') return this.#closeForApplication()
    this.requestBody?.hold()
    if (link?.hasCrashed) return this.#onCrash(link)
    if (link !== undefined && this.#mayRetry(code)) {
      this.#owner.onRetry(this)
      this.tries.avoid(link)
      if (outcomesOfResets[code].waitedFor) this.pick = { ...this.pick, wasGivenBack: true }
      this.dispatch()
    } else if (code === 'TIMEOUT') this.fail('RESPONSE_TIMEOUT')
    else this.fail(this.#failureOfLast)
  }

  /** Whether it waits to be repeated after a crash of its worker. */
  get isHeld(): boolean {
    return this.#state === 'held'
  }

  #onCrash(worker: Worker): void {
    const mayRepeat = this.tries.mayRepeatAfterCrash(this.http.hasBegun)
    const age = this.#owner.context.clock.now() - (this.assignedAt ?? 0)
    this.#owner.onCrash(this, worker, mayRepeat, age)
    this.tries.avoid(worker)
    if (mayRepeat) this.#enter('crashed')
    else this.fail(this.tries.crashFailure)
  }

  onDrain(): void {
    this.requestBody?.drained()
  }

  onComplete(): void {
    if (this.#state === 'collecting') {
      if (this.keepsBody) this.#dispatchCollected(this.requestBody?.collected())
      else this.dispatch()
    } else if (this.#state === 'asked') this.tries.expectResponse(true)
  }

  onCollected(bytes: number): void {
    if (!this.keepsBody || this.#state !== 'collecting') return
    if (!this.#owner.collector.take(this, bytes)) this.#dispatchPart()
  }

  onBlocked(isBlocked: boolean): void {
    if (!isBlocked) this.watchClient()
    if (this.#state === 'asked') this.tries.expectResponse(isBlocked)
  }

  onTaken(bytes: number): void {
    this.tries.consumed(bytes)
  }

  onClientClose(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    if (this.#state !== 'over') {
      this.#enter('ended')
      this.tries.giveUp('CANCELLED', 'abandoned')
      this.requestBody?.discard()
      this.failure = 'CLIENT_DISCONNECTED'
      this.status = failures.CLIENT_DISCONNECTED.status
    }
    this.#owner.onEnd(this)
  }

  #enter(event: ExchangeEvent): void {
    this.#state = nextExchangeState(this.#state, event)
  }

  #wait(): void {
    this.#enter('queued')
    this.tries.forgive()
    if (!this.#owner.wait(this)) this.fail('QUEUE_FULL')
  }

  #mayRetry(code: ResetCode): boolean {
    const verdict = this.tries.mayRepeat(code, this.http.hasBegun)
    return verdict === 'budgeted' ? this.#owner.takeRetry() : verdict === 'safe'
  }

  onTunnelFailed(failure: FailureName): void {
    this.reportTruncated(failure)
  }

  /** Part of {@link ClientSide}. */
  protected reportTruncated(failure: FailureName): void {
    this.#owner.onTruncated(this, failure)
  }

  onUpgradeEnd(): void {
    this.#enter('ended')
    this.hasEnded = true
    this.#owner.onEnd(this)
  }

  #onInterim(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (head.status === 101) this.#onGranted(head, body, end)
    else if (head.status === 100) this.#askForBody()
    else this.response.interim(head)
  }

  #onGranted(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (!this.#isUpgrade || end !== undefined) return this.fail('INVALID_RESPONSE')
    const { context } = this.#owner
    const now = context.clock.now()
    this.#upgraded = UpgradedExchange.begin(this, this.tries, context, this, head, body)
    if (this.#upgraded === undefined) return this.fail('INVALID_RESPONSE')
    this.#enter('granted')
    this.status = head.status
    this.answeredAt = now
    this.isUpgraded = true
    this.tries.granted(now)
  }

  #askForBody(): void {
    const isAsked = this.askForBody() && this.#state === 'asked'
    // From now on, the client owes the body.
    if (isAsked && this.requestBody?.isOwed) this.tries.expectResponse(false)
  }

  #answerAsLastHop(): void {
    this.#enter('ended')
    this.status = 200
    const { ownFields } = this.#owner.context
    this.response.countOwnBody(respondAsLastHop(this.http, ownFields, this.id))
    this.requestBody?.discard()
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
    this.#enter('ended')
    this.tries.finish(isWorkerFailure(this.status) ? 'failed' : 'served', report)
    const body = this.requestBody
    if (body === undefined) return
    if (body.isComplete && this.tries.isSent) body.discard()
    else this.tries.sendRest(body)
  }

  /**
   * The application has destroyed the socket of its request: that is no failure, and nothing is
   * repeated.
   */
  #closeForApplication(): void {
    this.#enter('ended')
    this.failure = 'CLOSED_BY_APPLICATION'
    if (this.http.hasBegun) this.isTruncated = true
    else this.status = failures.CLOSED_BY_APPLICATION.status
    this.requestBody?.discard()
    this.http.breakOff()
  }
}
