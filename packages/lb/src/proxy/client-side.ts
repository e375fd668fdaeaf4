/**
 * The client's side of an exchange: its request body, its response, and how long it may be silent.
 */
import type { FailureName } from '../http/failures.ts'
import type { HttpExchange, HttpExchangeListener } from '../http/http-exchange.ts'
import type { RequestFacts } from '../http/request-fields.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { ExchangeContext } from './exchange-owner.ts'
import { RequestBodyRelay, type RequestBodyRelayEvents } from './request-body-relay.ts'
import { RequestRecord } from './request-record.ts'
import { ResponseRelay, type ResponseRelayEvents } from './response-relay.ts'

/** A base of the exchange, to save an object per request. */
export abstract class ClientSide
  extends RequestRecord
  implements HttpExchangeListener, RequestBodyRelayEvents, ResponseRelayEvents
{
  protected readonly requestBody: RequestBodyRelay | undefined
  protected readonly response: ResponseRelay
  /** Part of `Collecting`. */
  keepsBody = false
  /** Part of `Collecting`. */
  bytesKept = 0
  /** Whether the client has received everything, or has disconnected. */
  protected hasEnded = false
  readonly #context: ExchangeContext
  /** Whether the client waits for 100 (Continue), which the worker has not sent. */
  #asksForWord: boolean

  /** `facts` are those of `http` with what trusted proxies say. */
  constructor(
    http: HttpExchange,
    facts: RequestFacts,
    id: string,
    pick: PickArgs,
    startedAt: number,
    context: ExchangeContext,
  ) {
    super(http, id, pick, startedAt, context.peers.clientAddress(http.peer, facts.forwardedFor))
    this.#context = context
    this.#asksForWord = facts.expectsContinue
    this.requestBody = facts.contentLength === 0 ? undefined : new RequestBodyRelay(http.body, this)
    this.response = new ResponseRelay(http, context.ownFields, id, this)
  }

  /** Whether the client has been given the whole response, or gets no more of it. */
  protected abstract get isOver(): boolean

  /** Ends the exchange without a response from a worker. */
  abstract fail(failure: FailureName): void

  /** Reports that the client gets only a part of its response. */
  protected abstract reportTruncated(failure: FailureName): void

  /** Part of {@link HttpExchangeListener}. */
  abstract onClientClose(): void

  /** Part of {@link RequestBodyRelayEvents}. */
  abstract onComplete(): void

  /** Part of {@link RequestBodyRelayEvents}. */
  abstract onCollected(bytes: number): void

  /** Part of {@link RequestBodyRelayEvents}. */
  abstract onBlocked(isBlocked: boolean): void

  /** Part of {@link ResponseRelayEvents}. */
  abstract onTaken(bytes: number): void

  /** Bytes of the request body that have arrived. */
  get bytesReceived(): number {
    return this.requestBody?.bytesReceived ?? 0
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientDrain(): void {
    this.response.drained()
  }

  /** Part of {@link HttpExchangeListener} and {@link ResponseRelayEvents}. */
  onClientBlocked(): void {
    this.watchClient()
  }

  /** Part of {@link HttpExchangeListener}. */
  onBadBody(): void {
    this.fail('BAD_BODY')
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientSilent(): void {
    // What the client has sent meanwhile may wait in the socket.
    if (this.#context.deadlines.isCatchingUp) return this.watchClient()
    if (this.isOver) return this.#giveUpReader()
    // The client waits for our 100 (Continue).
    if (this.#asksForWord && !this.response.isBlocked) return
    if (this.requestBody?.isOwed || this.response.isBlocked) this.fail('CLIENT_TIMEOUT')
  }

  /** From now on, the client may be silent for a time only. */
  protected watchClient(): void {
    const { clientTimeout } = this.#context.options
    if (clientTimeout > 0) this.http.watch(clientTimeout)
  }

  /** Whether the client waits for 100 (Continue). */
  protected get asksForWord(): boolean {
    return this.#asksForWord
  }

  /** Sends 100 (Continue) if the client waits for it, and returns whether it does. */
  protected askForBody(): boolean {
    if (!this.#asksForWord) return false
    this.#asksForWord = false
    this.http.askForBody()
    return true
  }

  /** Reads the body before a worker is chosen. */
  protected collectBody(): void {
    this.askForBody()
    this.requestBody?.collect()
  }

  /** Has the response tell its client of the worker, if requests have sessions. */
  protected tellWorker(isEncrypted: boolean): void {
    const { sessions } = this.#context
    if (sessions === undefined) return
    this.response.ownLines = sessions.responseLines(this, isEncrypted)
  }

  /** The response cannot be finished: the client must not take it for complete. */
  protected breakOff(failure: FailureName): void {
    this.isTruncated = true
    this.reportTruncated(failure)
    this.http.breakOff()
  }

  /** The response is complete, but its client does not read the end of it. */
  #giveUpReader(): void {
    if (this.hasEnded) return
    this.failure = 'CLIENT_TIMEOUT'
    this.breakOff('CLIENT_TIMEOUT')
  }
}
