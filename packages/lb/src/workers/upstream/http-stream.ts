/** A request at a worker that is a plain HTTP server: waits for a slot, and measures its time. */
import type { Clock, Slots, Turn, Waiter } from '@resumelb/common'
import {
  joinHeaders,
  plainEnd,
  type Report,
  type RequestClass,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type StreamEnd,
  type StreamHandler,
  splitHeaders,
  upgradeOf,
  withUpgrade,
} from '@resumelb/protocol'
import type { SizedRequest } from '@resumelb/resume'
import {
  requestHead,
  UpstreamFault,
  UpstreamRequest,
  type UpstreamRequestEvents,
  type UpstreamResponseHead,
  type UpstreamServer,
  warmDepth,
} from '@resumelb/upstream'
import type { WorkerStream } from '../worker.ts'
import type { Measured } from './measured-resume.ts'

/** What a stream needs of its worker. */
export interface HttpStreamOwner {
  readonly server: UpstreamServer
  readonly slots: Slots
  readonly clock: Clock
  /** Whether requests of the class were served there lately. */
  knows(requestClass: RequestClass): boolean
  /** Whether a request of the class is to fill caches first, for the others that come with it. */
  isCold(requestClass: RequestClass): boolean
  /** What a request of the class is expected to take there, in seconds. */
  expectedSeconds(requestClass: RequestClass): number
  /** The size of a request, if it has one. */
  sizeOf(head: RequestHead): SizedRequest | undefined
  /** The response to a request with a size has begun. */
  onAnswer(): void
  /** The response is complete. Returns what it says about the worker. */
  onServed(stream: HttpStream, measured: Measured): Report
  /** There will be no response, or no more of it. */
  onFailed(stream: HttpStream, error: Error | undefined): void
}

/** Bytes of a response that may be ahead of the client. */
const window = 64 * 1024

/** HTTP/1.1 cannot carry the head of the request. */
const badRequest: ResponseHead = {
  status: 400,
  reason: '',
  headers: joinHeaders(['Content-Type', 'text/plain; charset=utf-8']),
}

export class HttpStream implements WorkerStream, UpstreamRequestEvents, Waiter {
  readonly head: RequestHead
  /** Part of {@link Waiter}. */
  turn: Turn<Waiter> | undefined
  readonly #owner: HttpStreamOwner
  #handler: StreamHandler
  /** Absent if HTTP/1.1 cannot carry the request. */
  readonly #upstream: UpstreamRequest | undefined
  readonly #expectsContinue: boolean
  /** Present if the request has a size. */
  readonly #sized: SizedRequest | undefined
  /** Uploads and upgrades take time for other reasons than a cold cache. */
  readonly #mayLoad: boolean
  /** Part of {@link Waiter}. */
  readonly isMovable: boolean
  #status = 0
  /** When the head was sent, in milliseconds of the clock. */
  #sentAt = 0
  #hasBegun = false
  #hasLeft = false
  /** The response is complete, or there will be no more of it. */
  #isSettled = false
  /** Bytes of the response that the client has not taken. */
  #ahead = 0
  #isPaused = false

  /** The request is sent by `begin`, which the slots call. */
  constructor(owner: HttpStreamOwner, head: RequestHead, handler: StreamHandler, isWhole: boolean) {
    const { method, url, headers } = head
    const sent = requestHead({ method, url, rawHeaders: splitHeaders(headers) }, upgradeOf(headers))
    this.head = head
    this.#owner = owner
    this.#handler = handler
    this.#mayLoad = isWhole
    this.isMovable = head.isMovable === true
    this.#upstream = sent && new UpstreamRequest(owner.server, sent, method, this)
    this.#expectsContinue = sent?.expectsContinue === true
    this.#sized = owner.sizeOf(head)
  }

  /** Part of {@link WorkerStream}. */
  get queuedBytes(): number {
    return this.#upstream?.queuedBytes ?? 0
  }

  /** Part of {@link WorkerStream}. */
  get isOver(): boolean {
    return this.#isSettled && (this.#upstream === undefined || this.#upstream.isOver)
  }

  /** Part of {@link Waiter}. */
  get requestClass(): RequestClass {
    return this.head.requestClass
  }

  /** Part of {@link Waiter}. */
  get expectedSeconds(): number {
    return this.#sized?.expectedSeconds ?? this.#owner.expectedSeconds(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  get isKnownClass(): boolean {
    return this.head.standing?.isKnown || this.#owner.knows(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  get hasOtherClasses(): boolean {
    return this.head.standing?.hasOthers === true
  }

  /** Part of {@link Waiter}. */
  get isCold(): boolean {
    return this.#mayLoad && this.#owner.isCold(this.requestClass)
  }

  /** Part of {@link Waiter}. */
  begin(): void {
    this.#hasBegun = true
    // The caller does not expect a response before it knows the stream.
    if (this.#upstream === undefined) queueMicrotask(() => this.#answerBadRequest())
    else this.#upstream.start()
  }

  /** Part of {@link Waiter}. */
  giveBack(isOwn: boolean): void {
    this.#upstream?.abort()
    this.#reset(isOwn ? 'SELF_BLOCKED' : 'BLOCKED')
  }

  /** Part of {@link WorkerStream}. */
  write(chunk: Buffer): boolean {
    return this.#upstream === undefined || this.#upstream.write(chunk)
  }

  /** Part of {@link WorkerStream}. */
  end(end: StreamEnd = plainEnd): void {
    this.#upstream?.end(splitHeaders(end.trailers))
  }

  /** Part of {@link WorkerStream}. */
  reset(_code: ResetCode): void {
    this.#upstream?.abort()
    this.#fail(undefined)
  }

  /** Part of {@link WorkerStream}. */
  handle(handler: StreamHandler): void {
    this.#handler = handler
  }

  /** Part of {@link WorkerStream}. */
  consumed(bytes: number): void {
    this.#ahead -= bytes
    if (!this.#isPaused || this.#ahead > window / 2) return
    this.#isPaused = false
    this.#upstream?.resume()
  }

  /** The worker is closed: the request is over. */
  disconnect(): void {
    this.#upstream?.abort()
    this.#reset('DISCONNECTED')
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onSent(): void {
    this.#sentAt = this.#owner.clock.now()
    this.#sized?.begin()
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBodyWanted(): void {
    if (this.#expectsContinue) this.#respond({ status: 100, reason: '', headers: '' })
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onDrain(): void {
    this.#handler.onDrain()
  }

  /**
   * Part of {@link UpstreamRequestEvents}: a server that has closed wants the same of the client.
   */
  onBodyUnwanted(isBroken: boolean): void {
    this.#handler.onReset(isBroken ? 'ABORTED' : 'CANCELLED')
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onInterim(head: UpstreamResponseHead): void {
    // See onBodyWanted.
    if (head.status !== 100) this.#respond(headOf(head))
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onResponse(head: UpstreamResponseHead, body: Buffer | undefined): void {
    this.#status = head.status
    if (body !== undefined) this.#count(body)
    // How long an upgraded connection lasts is no service time, and it keeps no place.
    if (head.status === 101) this.#leave()
    else this.#owner.slots.loaded(this)
    if (this.#sized !== undefined) this.#measure(this.#sized, head, body)
    this.#respond(headOf(head), body)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onWholeResponse(
    head: UpstreamResponseHead,
    body: Buffer | undefined,
    trailers: readonly string[],
  ): void {
    this.#status = head.status
    if (this.#sized !== undefined) this.#measure(this.#sized, head, undefined)
    this.#respond(headOf(head), body, this.#finish(trailers))
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBody(piece: Buffer): void {
    this.#count(piece)
    if (this.#sized !== undefined) this.#measure(this.#sized, undefined, piece)
    this.#handler.onData(piece)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onEnd(last: Buffer | undefined, trailers: readonly string[]): void {
    if (last !== undefined) this.#handler.onData(last)
    if (!this.#isSettled) this.#handler.onEnd(this.#finish(trailers))
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onRefused(): void {
    this.#reset('REFUSED')
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBroken(error: Error): void {
    // The application may close an upgraded connection at any time.
    if (this.#status === 101) return this.#reset('ABORTED')
    const isInvalid = error instanceof UpstreamFault && !error.isClose
    this.#reset(isInvalid ? 'FAILED' : 'DISCONNECTED', error)
  }

  #respond(head: ResponseHead, body?: Buffer, end?: StreamEnd): void {
    this.#handler.onResponse?.(head, body, end)
  }

  #answerBadRequest(): void {
    if (this.#isSettled) return
    this.#fail(undefined)
    this.#respond(badRequest, Buffer.from('Bad Request\n'), plainEnd)
  }

  /** Reads no more for now if too much is ahead of the client. */
  #count({ length }: Buffer): void {
    this.#ahead += length
    if (this.#isPaused || this.#ahead < window) return
    this.#isPaused = true
    this.#upstream?.pause()
  }

  /** A response to a request with a size has begun, or goes on. */
  #measure(
    sized: SizedRequest,
    head: UpstreamResponseHead | undefined,
    body: Buffer | undefined,
  ): void {
    const depth = head?.warm && warmDepth(head.warm, this.head.chain?.length ?? 0)
    if (typeof depth === 'number') sized.tell(depth)
    if (body === undefined || sized.isAnswered) return
    sized.answer(this.#owner.clock.now())
    this.#owner.onAnswer()
  }

  #finish(trailers: readonly string[]): StreamEnd {
    this.#isSettled = true
    const sentAt = this.#sentAt
    const seconds = (this.#owner.clock.now() - sentAt) / 1000
    const isGood = this.#status >= 200 && this.#status < 500
    this.#sized?.leave()
    const report = this.#owner.onServed(this, { seconds, sentAt, isGood, sized: this.#sized })
    this.#leave()
    return { trailers: joinHeaders(trailers), report }
  }

  #reset(code: ResetCode, error?: Error): void {
    if (this.#isSettled) return
    this.#fail(error)
    this.#handler.onReset(code)
  }

  #fail(error: Error | undefined): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#sized?.leave()
    this.#owner.onFailed(this, error)
    this.#leave()
  }

  #leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    if (this.#hasBegun) this.#owner.slots.leave(this)
    else this.#owner.slots.cancel(this)
  }
}

function headOf({ status, reason, fields, upgrade }: UpstreamResponseHead): ResponseHead {
  const block = joinHeaders(fields)
  const headers = status === 101 ? withUpgrade(block, upgrade ?? '') : block
  return { status, reason: reason ?? '', headers }
}
