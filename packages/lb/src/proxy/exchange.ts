/** One client's request, from its arrival to the end of its response. */
import type { AwakeClock, Clock, Linked } from '@resumelb/common'
import {
  HeadTooLongError,
  type Report,
  type RequestClass,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type Stream,
  type StreamEnd,
  type StreamHandler,
} from '@resumelb/protocol'
import { defaultClass } from '../classify/classifier.ts'
import { type FailureName, failures, isWorkerFailure } from '../http/failures.ts'
import { withForwarded } from '../http/forwarded.ts'
import type { HttpExchange, HttpExchangeListener } from '../http/http-exchange.ts'
import type { Peer, Peers } from '../http/peers.ts'
import { type RequestFacts, requestBlock } from '../http/request-fields.ts'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment, Outcome, Result } from '../pool/pool.ts'
import type { WorkerLink } from '../workers/worker-link.ts'
import { respondAsLastHop } from './last-hop.ts'
import { maxCollectedLength, RequestBodyRelay } from './request-body-relay.ts'
import { ResponseRelay, type ResponseRelayEvents } from './response-relay.ts'
import { judgeRetry } from './retry.ts'

/** What an exchange needs of its load balancer. */
export interface Forwarding {
  readonly clock: Clock
  /** What deadlines of others are measured with. */
  readonly deadlines: AwakeClock
  readonly peers: Peers
  readonly maxRetries: number
  /** Whether both sides hear of this hop in `Via`. */
  readonly sendsVia: boolean
  /** Milliseconds of silence after which a client that owes us something is given up; 0: never. */
  readonly clientTimeout: number
  /** Unique among the requests of all load balancers. */
  nextRequestId(): string
  classify(request: RequestView): PickArgs
  /** A worker that can take the request now, none of `avoid`; `undefined` if there is none. */
  assign(
    pick: PickArgs,
    avoid: ReadonlySet<WorkerLink> | undefined,
  ): Assignment<WorkerLink> | undefined
  /** Whether there is any worker that can take a request now. */
  hasReadyWorker(): boolean
  /** Lets the exchange wait for a worker; false if too many wait already. */
  wait(exchange: Exchange): boolean
  /** Takes one retry out of the budget; false if there is none left. */
  takeRetry(): boolean
  /** Answers the client, who has got nothing yet, with a failure's status and page. */
  answerFailure(exchange: Exchange, failure: FailureName): void
  /** The request, which a worker may have begun, goes to another one. */
  repeated(exchange: Exchange): void
  /** The client, who has got a part of the response, will get no more of it. */
  truncated(exchange: Exchange, failure: FailureName): void
  /** The exchange is over, and its client has got everything or is gone. Called once. */
  ended(exchange: Exchange): void
  /** Whether connections of clients end with the response that is under way. */
  readonly isDraining: boolean
}

type Phase =
  /** A short body is being collected. */
  | 'collecting'
  /** There was no worker for it. */
  | 'waiting'
  /** A worker has it and has not answered. */
  | 'asked'
  /** The response goes to the client. */
  | 'answering'
  /** The last byte is with the operating system's socket, or the client has left. */
  | 'over'

export class Exchange
  implements StreamHandler, HttpExchangeListener, ResponseRelayEvents, Linked<Exchange>
{
  readonly request: RequestView
  readonly http: HttpExchange
  readonly pick: PickArgs
  readonly peer: Peer
  /** The request's id, also for logs. */
  readonly id: string
  readonly startedAt: number
  /** The client's address, as seen by the first trusted proxy if there are any. */
  readonly remoteAddress: string
  /** The status for the log; 0 while there is none. */
  status = 0
  /** Times that the request was given to a worker. */
  attempts = 0
  /** Whether the response broke off before its end. */
  isTruncated = false
  /** Whether a worker that may have begun it has failed, and another has got it. */
  #wasRepeated = false
  /** Since when, by the clock of deadlines, the worker owes the response; `Infinity`: it does not. */
  awaitingSince: number = Number.POSITIVE_INFINITY
  /** Its neighbours among those in progress. */
  before: Exchange | undefined
  after: Exchange | undefined
  isChained = false
  readonly #forwarding: Forwarding
  readonly #head: RequestHead
  readonly #requestBody: RequestBodyRelay | undefined
  readonly #response: ResponseRelay
  #phase: Phase = 'asked'
  #assignment: Assignment<WorkerLink> | undefined
  #stream: Stream | undefined
  #avoid: Set<WorkerLink> | undefined
  #workerKey = ''
  #reset: ResetCode | undefined
  #hasEnded = false
  /** A worker has been asked whether the client shall send the body, and has not answered. */
  #asksForWord: boolean

  constructor(http: HttpExchange, forwarding: Forwarding) {
    const { request } = http
    this.http = http
    this.#forwarding = forwarding
    this.request = request
    this.startedAt = forwarding.clock.now()
    this.peer = http.peer
    this.pick =
      http.refusal === undefined ? forwarding.classify(request) : { requestClass: defaultClass }
    this.id = forwarding.nextRequestId()
    const facts = withForwarded(http.facts)
    this.remoteAddress =
      facts.forwardedFor === undefined
        ? this.peer.address
        : forwarding.peers.clientAddress(this.peer, facts.forwardedFor)
    this.#asksForWord = facts.expectsContinue
    this.#head = this.#makeHead(facts)
    this.#requestBody = facts.contentLength === 0 ? undefined : this.#makeUpload()
    const { sendsVia } = forwarding
    this.#response = new ResponseRelay(http, sendsVia, this)
    const { contentLength } = facts
    if (contentLength > 0 && contentLength <= maxCollectedLength && !facts.expectsContinue) {
      this.#phase = 'collecting'
    }
  }

  /** Sets it going. Called once, first. */
  begin(): void {
    this.http.listen(this)
    const { refusal, facts } = this.http
    if (refusal !== undefined) return this.fail(refusal)
    if (this.#requestBody === undefined) this.http.leaveUnread()
    else this.#watchClient()
    if (facts.isForUs) return this.#answerAsLastHop()
    if (this.#phase === 'collecting') this.#requestBody?.collect()
    else this.dispatch()
  }

  get requestClass(): RequestClass {
    return this.pick.requestClass
  }

  /** Body bytes of the response that were given to the client's socket. */
  get bytesSent(): number {
    return this.#response.bytesSent
  }

  /** The address of the worker that has, or last had, the request; empty if none had. */
  get worker(): string {
    return this.#workerKey
  }

  /** Times that the request was given to another worker. */
  get retries(): number {
    return Math.max(0, this.attempts - 1)
  }

  /** Why the last worker has not answered it, if that is known. */
  get reset(): ResetCode | undefined {
    return this.#reset
  }

  /** Gives the request to a worker, or lets it wait. Returns whether a worker has it. */
  dispatch(): boolean {
    const assignment = this.#forwarding.assign(this.pick, this.#avoid)
    if (assignment !== undefined) {
      this.#send(assignment)
      return true
    }
    if (this.#phase === 'waiting') return false
    if (this.#avoid !== undefined && this.#forwarding.hasReadyWorker()) this.#failUnserved()
    else this.#wait()
    return false
  }

  /** There are workers, and all of them were tried. */
  #failUnserved(): void {
    this.fail(this.#reset === 'REFUSED' ? 'REFUSED' : 'WORKER_LOST')
  }

  /** Ends the exchange without a response of a worker. */
  fail(failure: FailureName): void {
    if (this.#phase === 'over') return
    this.#giveUpStream(failure === 'TOO_LATE' ? 'TIMEOUT' : 'CANCELLED', resultOf(failure))
    if (this.http.hasBegun) return this.#break(failure)
    this.#phase = 'over'
    this.status = failures[failure].status
    this.#forwarding.answerFailure(this, failure)
    this.#requestBody?.discard()
  }

  /** The worker has not begun its response in time. */
  timeOut(): void {
    this.fail('TOO_LATE')
  }

  onResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    if (head.status < 200) return this.#onInterim(head)
    this.#expectResponse(false)
    this.#phase = 'answering'
    this.status = head.status
    this.#assignment?.answered?.(this.#forwarding.clock.now() / 1000)
    if (this.#forwarding.isDraining) this.http.closeAfter()
    if (end !== undefined) return this.#onWhole(head, body, end)
    if (!this.#response.begin(head)) this.#onBadResponse()
    else if (body === undefined) this.http.flushHead()
    else this.onData(body)
  }

  onData(chunk: Buffer): void {
    if (this.#phase !== 'answering' || !this.#response.write(chunk)) this.#onBadResponse()
  }

  onEnd(end: StreamEnd): void {
    const isWhole = this.#phase === 'answering' && this.#response.isComplete
    if (isWhole && this.#takesTrailers(end)) {
      this.#finish(end.report)
      this.#response.end()
    } else {
      this.#onBadResponse()
    }
  }

  onReset(code: ResetCode): void {
    this.#stream = undefined
    if (this.#phase === 'over') {
      this.#requestBody?.discard()
      return
    }
    this.#reset = code
    const link = this.#assignment?.worker
    this.#finishAssignment(resultsOfResets[code])
    this.#expectResponse(false)
    if (code === 'ABORTED') return this.#closeForApplication()
    this.#requestBody?.hold()
    if (link !== undefined && this.#mayRetry(code)) return this.#retry(link)
    if (code === 'TIMEOUT') this.fail('TOO_LATE')
    else this.fail(code === 'REFUSED' ? 'REFUSED' : 'WORKER_LOST')
  }

  onDrain(): void {
    this.#requestBody?.drained()
  }

  /** Part of {@link ResponseRelayEvents}. */
  onTaken(bytes: number): void {
    this.#stream?.consumed(bytes)
  }

  /** Part of {@link ResponseRelayEvents}. */
  onHeld(): void {
    this.#watchClient()
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientClose(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (this.#phase !== 'over') {
      this.#phase = 'over'
      this.#giveUpStream('CANCELLED', 'abandoned')
      this.#requestBody?.discard()
      this.status = failures.CLIENT_LEFT.status
    }
    this.#forwarding.ended(this)
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientDrain(): void {
    this.#response.drained()
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientBlocked(): void {
    this.#watchClient()
  }

  /** Part of {@link HttpExchangeListener}. */
  onBadBody(): void {
    this.fail('BAD_BODY')
  }

  /** Part of {@link HttpExchangeListener}. */
  onClientSilent(): void {
    // What it has sent meanwhile may wait in the socket.
    if (this.#forwarding.deadlines.isCatchingUp) return this.#watchClient()
    if (this.#phase === 'over') return this.#giveUpReader()
    // It waits for a word of ours.
    if (this.#asksForWord && !this.#response.isBlocked) return
    if (this.#requestBody?.isOwed || this.#response.isBlocked) this.fail('CLIENT_SILENT')
  }

  #makeHead(facts: RequestFacts): RequestHead {
    const { request, peer, id } = this
    const { httpVersion } = request
    const { sendsVia } = this.#forwarding
    const isDirect = this.remoteAddress === peer.address
    return {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: requestBlock(facts, peer, { id, httpVersion, sendsVia }),
      requestClass: this.requestClass,
      id,
      remoteAddress: this.remoteAddress,
      remotePort: isDirect ? peer.port : 0,
      encrypted:
        facts.forwardedProto === undefined ? peer.encrypted : facts.forwardedProto === 'https',
      httpVersion,
    }
  }

  #makeUpload(): RequestBodyRelay {
    return new RequestBodyRelay(this.http.body, {
      onComplete: () => {
        if (this.#phase === 'collecting') this.dispatch()
        else if (this.#phase === 'asked') this.#expectResponse(true)
      },
      onBlocked: (isBlocked) => {
        if (!isBlocked) this.#watchClient()
        if (this.#phase === 'asked') this.#expectResponse(isBlocked)
      },
    })
  }

  #watchClient(): void {
    const { clientTimeout } = this.#forwarding
    if (clientTimeout > 0) this.http.watch(clientTimeout)
  }

  #send(assignment: Assignment<WorkerLink>): void {
    this.#phase = 'asked'
    this.#assignment = assignment
    const link = assignment.worker
    this.#workerKey = link.key
    this.#reset = undefined
    this.attempts++
    const upload = this.#requestBody
    const body = upload?.takeWhole()
    const isWhole = upload === undefined || body !== undefined
    try {
      this.#stream = link.request(this.#head, body, isWhole, this)
    } catch (error) {
      if (!(error instanceof HeadTooLongError)) throw error
      this.#finishAssignment('refused')
      return this.fail('HEAD_TOO_LONG')
    }
    if (isWhole || this.#asksForWord) this.#expectResponse(true)
    if (!isWhole) upload.sendTo(this.#stream)
  }

  #expectResponse(isOwed: boolean): void {
    this.awaitingSince = isOwed ? this.#forwarding.deadlines.now() : Number.POSITIVE_INFINITY
  }

  #wait(): void {
    this.#phase = 'waiting'
    // Whoever comes, or comes back, meanwhile deserves a try.
    this.#avoid = undefined
    if (!this.#forwarding.wait(this)) this.fail('ROOM_FULL')
  }

  #mayRetry(code: ResetCode): boolean {
    const verdict = judgeRetry(
      {
        method: this.#head.method,
        code,
        responseBegun: this.http.hasBegun,
        canReplay: this.#requestBody === undefined || this.#requestBody.canReplay,
        retries: this.retries,
        wasRepeated: this.#wasRepeated,
      },
      this.#forwarding.maxRetries,
    )
    if (verdict !== 'budgeted') return verdict === 'safe'
    this.#wasRepeated = true
    return this.#forwarding.takeRetry()
  }

  #retry(failed: WorkerLink): void {
    if (this.#reset !== 'REFUSED') this.#forwarding.repeated(this)
    this.#avoid ??= new Set()
    this.#avoid.add(failed)
    this.dispatch()
  }

  #onInterim(head: ResponseHead): void {
    if (head.status === 101) return this.#onBadResponse()
    if (head.status === 100) return this.#askForBody()
    this.#response.interim(head)
  }

  #askForBody(): void {
    if (!this.#asksForWord) return
    this.#asksForWord = false
    // Now it is the client who owes us something.
    if (this.#phase === 'asked' && this.#requestBody?.isOwed) this.#expectResponse(false)
    this.http.askForBody()
  }

  #answerAsLastHop(): void {
    this.#phase = 'over'
    this.status = 200
    respondAsLastHop(this.http)
    this.#requestBody?.discard()
  }

  #onWhole(head: ResponseHead, body: Buffer | undefined, end: StreamEnd): void {
    const hasTrailers = end.trailers !== ''
    const isSet = this.#response.beginWhole(head, body?.length ?? 0, hasTrailers)
    if (!isSet || !this.#takesTrailers(end)) return this.#onBadResponse()
    // Before the client hears of it: by then the worker counts as free.
    this.#finish(end.report)
    this.#response.end(body)
  }

  #takesTrailers(end: StreamEnd): boolean {
    return end.trailers === '' || this.#response.addTrailers(end.trailers)
  }

  /** The response is complete, and its client does not read the end of it. */
  #giveUpReader(): void {
    if (this.#hasEnded) return
    this.isTruncated = true
    this.#forwarding.truncated(this, 'CLIENT_SILENT')
    this.http.breakOff()
  }

  #onBadResponse(): void {
    this.fail('WORKER_BROKE')
  }

  /** The response has come whole. */
  #finish(report: Report | undefined): void {
    this.#phase = 'over'
    this.#finishAssignment(isWorkerFailure(this.status) ? 'failed' : 'served', report)
    const body = this.#requestBody
    if (body === undefined) return
    if (body.isComplete && this.#stream?.queuedBytes === 0) body.discard()
    else this.#sendRest(body)
  }

  /**
   * The worker has answered without waiting for all of the body. Its handler may read on: the worker
   * gets the rest, unless it says by a reset that nobody wants it.
   */
  #sendRest(body: RequestBodyRelay): void {
    const { clock, clientTimeout } = this.#forwarding
    const giveUp = () => {
      this.#stream?.reset('CANCELLED')
      body.discard()
    }
    this.http.keepReading()
    body.whenCut(this.request.socket, giveUp)
    if (clientTimeout > 0) body.whenStalled(clock, clientTimeout, giveUp)
  }

  #finishAssignment(result: Result, report?: Report): void {
    const assignment = this.#assignment
    if (assignment === undefined) return
    this.#assignment = undefined
    assignment.finish(this.#forwarding.clock.now() / 1000, outcomeOf(result, report))
  }

  #giveUpStream(code: ResetCode, result: Result): void {
    this.#expectResponse(false)
    this.#stream?.reset(code)
    this.#stream = undefined
    this.#finishAssignment(result)
  }

  /** The application has destroyed the socket of its request: nobody failed, nothing is repeated. */
  #closeForApplication(): void {
    this.#phase = 'over'
    if (this.http.hasBegun) this.isTruncated = true
    else this.status = failures.ABORTED.status
    this.#requestBody?.discard()
    this.http.breakOff()
  }

  /** The response has begun and cannot be finished: the client must not take it for whole. */
  #break(failure: FailureName): void {
    this.#phase = 'over'
    this.isTruncated = true
    this.#forwarding.truncated(this, failure)
    this.#requestBody?.discard()
    this.http.breakOff()
  }
}

/** What it tells pools about a worker that it gave up a stream. */
const resultsOfResets: Readonly<Record<ResetCode, Result>> = {
  CANCELLED: 'failed',
  FAILED: 'failed',
  REFUSED: 'refused',
  TIMEOUT: 'timeout',
  DISCONNECTED: 'disconnected',
  ABORTED: 'abandoned',
}

/** What it tells pools about a worker that its request was given up here. */
function resultOf(failure: FailureName): Result {
  if (failure === 'TOO_LATE') return 'timeout'
  return failure === 'WORKER_BROKE' ? 'failed' : 'abandoned'
}

function outcomeOf(result: Result, report: Report | undefined): Outcome {
  if (report === undefined) return { result }
  const { seconds, others, skill } = report
  return skill === undefined ? { result, seconds, others } : { result, seconds, others, skill }
}
