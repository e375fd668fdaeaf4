/** One request and its response on a connection: windows, and queued bytes. */
import { Buffer } from 'node:buffer'
import type { ResetCode } from './errors.ts'
import { lengthOf } from './frame-writer.ts'
import { IncomingBody, windowExceeded } from './incoming-body.ts'
import { InterimHeads } from './interim-heads.ts'
import { checkEnd, isInterim, plainEnd, type ResponseHead, type StreamEnd } from './message.ts'
import { OutgoingBody } from './outgoing-body.ts'
import { sendCredit, sendEnd, sendInterim, sendReset, sendResponse } from './stream-frames.ts'
import type { StreamHandler } from './stream-handler.ts'
import type { StreamOwner, StreamWindows } from './stream-owner.ts'
import { type StateRow, streamStates, type Transition } from './stream-state.ts'
import { stateAfter } from './stream-transition.ts'

/** `stream-state.ts` defines what may happen to a stream, and when. */
export class Stream {
  readonly id: number
  /** Links of the table of streams. */
  next: Stream | undefined
  #state: StateRow = streamStates.idle
  /** Absent until one is set, and after this end has reset the stream. */
  #handler: StreamHandler | undefined
  readonly #owner: StreamOwner
  readonly #windows: StreamWindows
  /**
   * Created when first needed: most requests have no body, and most bodies are sent with their
   * head.
   */
  #outgoing: OutgoingBody | undefined
  #incoming: IncomingBody | undefined
  #interims: InterimHeads | undefined
  /** A reset that arrived before there was a handler. */
  #missedReset: ResetCode | undefined

  constructor(
    id: number,
    handler: StreamHandler | undefined,
    owner: StreamOwner,
    windows: StreamWindows,
  ) {
    this.id = id
    this.#handler = handler
    this.#owner = owner
    this.#windows = windows
  }

  /** Body bytes given to `write` that have not been sent yet. */
  get queuedBytes(): number {
    return this.#outgoing === undefined ? 0 : this.#outgoing.queuedBytes
  }

  /** Whether this end may still send: its direction has not ended, and the stream was not reset. */
  get isWritable(): boolean {
    return !this.#isEnding && this.#state.sendBody.does !== 'ignore'
  }

  /** Whether both directions have ended, by END or RESET. */
  get isOver(): boolean {
    return this.#state === streamStates.closed
  }

  /** Replaces the handler. */
  handle(handler: StreamHandler): void {
    if (this.#hasReset) return
    this.#handler = handler
    const code = this.#missedReset
    this.#missedReset = undefined
    if (code !== undefined) handler.onReset(code)
  }

  /**
   * At a worker: sends a response head, optionally with the whole body (bytes, or a text that is
   * sent in UTF-8), and with `end` also the end. A short response is a single frame. Heads below
   * 200, except 101, may precede the final one, without body and end; too many are dropped.
   *
   * Throws a {@link HeadTooLongError}, and sends nothing: another head may be tried.
   */
  respond(head: ResponseHead, body?: Buffer | string, end?: StreamEnd): void {
    if (isInterim(head)) return this.#respondInterim(head, body, end)
    const next = this.#isEnding ? undefined : this.#next(this.#state.sendHead)
    if (next === undefined) return
    if (end !== undefined) checkEnd(end)
    const length = lengthOf(body)
    if (body === undefined || this.#owner.scheduler.canPiggyback(length, this.#windows.send)) {
      return this.#sendHead(next, head, body, length, end)
    }
    this.#sendHead(next, head, undefined, 0, undefined)
    this.write(typeof body === 'string' ? Buffer.from(body) : body)
    if (end !== undefined) this.end(end)
  }

  /**
   * Sends body bytes. Returns false if they are queued: wait for the handler's `onDrain`, and do
   * not change them until then. More may be written before, at the cost of memory.
   */
  write(chunk: Buffer): boolean {
    if (this.#isEnding || this.#next(this.#state.sendBody) === undefined) return true
    if (chunk.length === 0) return this.queuedBytes === 0
    return this.#sending().write(chunk)
  }

  /**
   * Ends this direction. Throws a {@link HeadTooLongError}, and sends nothing, if the trailers do
   * not fit into a frame.
   */
  end(end: StreamEnd = plainEnd): void {
    if (this.#isEnding || this.#next(this.#state.sendEnd) === undefined) return
    checkEnd(end)
    if (this.queuedBytes === 0) this.#sendEnd(end)
    else this.#sending().end = end
  }

  /** Resets the stream, both directions. The handler is not called any more. */
  reset(code: ResetCode): void {
    if (this.#next(this.#state.sendReset) === undefined) return
    this.#handler = undefined
    this.#outgoing?.drop()
    sendReset(this.#owner.scheduler, this.id, code)
    this.#step(this.#state.sendReset)
  }

  /** Reports consumed body bytes, so that the peer may send as many more. */
  consumed(bytes: number): void {
    if (this.#next(this.#state.sendCredit) === undefined) return
    const credit = this.#receiving().consume(bytes)
    if (credit > 0) sendCredit(this.#owner.scheduler, this.id, credit)
  }

  /** The connection has sent the request that opens this stream. */
  sentRequest(bodyLength: number, isWhole: boolean): void {
    this.#step(this.#state.sendRequest)
    this.#spend(bodyLength)
    if (isWhole) this.#step(this.#state.sendEnd)
  }

  /** The connection has received the request that opens this stream. */
  receiveRequest(bodyLength: number, isWhole: boolean): void {
    this.#step(this.#state.receiveRequest)
    this.#take(bodyLength, isWhole)
    if (isWhole) this.#step(this.#state.receiveEnd)
  }

  /** The connection has received a response head of this length for this stream. */
  receiveResponse(
    head: ResponseHead,
    headLength: number,
    body: Buffer | undefined,
    end: StreamEnd | undefined,
  ): void {
    if (isInterim(head)) {
      this.#step(this.#state.receiveInterim)
      this.#interims ??= new InterimHeads(this.id)
      this.#interims.receive(headLength, body === undefined && end === undefined)
    } else {
      this.#step(this.#state.receiveHead)
    }
    if (body !== undefined) this.#take(body.length, end !== undefined)
    if (end !== undefined) this.#step(this.#state.receiveEnd)
    this.#handler?.onResponse?.(head, body, end)
  }

  /** The connection has received body bytes for this stream. */
  receiveData(chunk: Buffer, isLast: boolean): void {
    this.#step(this.#state.receiveBody)
    const received = this.#receiving().receive(chunk)
    if (isLast) this.#step(this.#state.receiveEnd)
    if (received.length > 0) this.#handler?.onData(received)
    if (isLast) this.#handler?.onEnd(plainEnd)
  }

  /** The connection has received the end of the peer's direction. */
  receiveEnd(end: StreamEnd): void {
    this.#step(this.#state.receiveEnd)
    this.#handler?.onEnd(end)
  }

  /** The peer resets the stream. */
  receiveReset(code: ResetCode): void {
    const hadReset = this.#hasReset
    const { does } = this.#state.receiveReset
    this.#outgoing?.drop()
    if (does === 'answer') sendReset(this.#owner.scheduler, this.id, 'CANCELLED')
    this.#step(this.#state.receiveReset)
    if (!hadReset) this.#tellReset(code)
  }

  /** The peer's reader has consumed bytes. */
  receiveCredit(bytes: number): void {
    this.#step(this.#state.receiveCredit)
    this.#sending().widen(bytes)
  }

  /** The connection has ended. Returns whether {@link tellDisconnected} must be called. */
  disconnect(): boolean {
    const mustTell = !this.#hasReset && !this.isOver
    this.#outgoing?.drop()
    this.#state = this.#state.disconnect.to
    return mustTell
  }

  tellDisconnected(): void {
    this.#tellReset('DISCONNECTED')
  }

  /** Whether this end has reset the stream, and the peer has not finished. */
  get #hasReset(): boolean {
    return this.#state === streamStates.reset || this.#state === streamStates.resetAwaitingHead
  }

  /** The state after a transition, or undefined if nothing is to be sent. */
  #next(transition: Transition): StateRow | undefined {
    return stateAfter(this.id, transition)
  }

  #step(transition: Transition): void {
    const to = this.#next(transition)
    if (to !== undefined) this.#enter(to)
  }

  #enter(state: StateRow): void {
    this.#state = state
    if (state === streamStates.closed) this.#owner.forget(this)
  }

  /** Whether the end of this direction waits for queued bytes. */
  get #isEnding(): boolean {
    return this.#outgoing?.end !== undefined
  }

  #sending(): OutgoingBody {
    this.#outgoing ??= new OutgoingBody(this.id, this.#owner, this.#windows.send, (end, isSent) =>
      this.#onSent(end, isSent),
    )
    return this.#outgoing
  }

  #receiving(): IncomingBody {
    this.#incoming ??= new IncomingBody(this.id, this.#windows.receive)
    return this.#incoming
  }

  /** All queued bytes were sent, and with `isEndSent` the end as well. */
  #onSent(end: StreamEnd | undefined, isEndSent: boolean): void {
    this.#handler?.onDrain()
    // The handler may have ended the stream, reset it, or written more.
    if (this.queuedBytes > 0 || this.#state.sendEnd.does !== 'enter') return
    if (isEndSent) this.#step(this.#state.sendEnd)
    else if (end !== undefined) this.#sendEnd(end)
  }

  #spend(bytes: number): void {
    if (bytes > 0) this.#sending().spend(bytes)
  }

  /** Counts the beginning of a body. A complete one needs no credit, and therefore no window. */
  #take(bytes: number, isWhole: boolean): void {
    if (bytes === 0) return
    if (!isWhole) this.#receiving().take(bytes)
    else if (bytes > this.#windows.receive) throw windowExceeded(this.id)
  }

  #respondInterim(
    head: ResponseHead,
    body: Buffer | string | undefined,
    end: StreamEnd | undefined,
  ): void {
    if (this.#isEnding || this.#next(this.#state.sendInterim) === undefined) return
    if (body !== undefined || end !== undefined) {
      throw new Error('an interim response has neither body nor end')
    }
    this.#interims ??= new InterimHeads(this.id)
    const row = this.#interims.rowToSend(head)
    if (row !== undefined) sendInterim(this.#owner.scheduler, this.id, row)
  }

  #sendHead(
    next: StateRow,
    head: ResponseHead,
    body: Buffer | string | undefined,
    length: number,
    end: StreamEnd | undefined,
  ): void {
    sendResponse(this.#owner.scheduler, this.id, head, body, length, end)
    this.#enter(next)
    if (end !== undefined) this.#step(this.#state.sendEnd)
    // A closed stream gets no credit.
    if (!this.isOver) this.#spend(length)
  }

  #sendEnd(end: StreamEnd): void {
    sendEnd(this.#owner.scheduler, this.id, end)
    this.#step(this.#state.sendEnd)
  }

  #tellReset(code: ResetCode): void {
    if (this.#handler) this.#handler.onReset(code)
    else this.#missedReset = code
  }
}
