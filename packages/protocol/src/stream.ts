/** One request and its response on a connection: windows, and what waits to be sent. */
import { Buffer } from 'node:buffer'
import { ByteQueue } from './byte-queue.ts'
import { HeadTooLongError, ProtocolError, type ResetCode, resetCodes } from './errors.ts'
import { frameFlags, frameTypes, maxDataLength, maxHeadLength } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { lengthOf } from './frame-writer.ts'
import {
  checkEnd,
  endRow,
  isInterim,
  isPlainEnd,
  plainEnd,
  type ResponseHead,
  responseRow,
  type StreamEnd,
} from './message.ts'
import { packedLength } from './packed.ts'
import type { StreamHandler } from './stream-handler.ts'
import { type StateRow, streamStates, type Transition } from './stream-state.ts'
import { ReceiveWindow, SendWindow } from './window.ts'

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly scheduler: FrameScheduler
  /** The stream is closed, and its id is free. */
  forget(stream: Stream): void
  /** So many more body bytes wait for credit or for their turn, or fewer if negative. */
  onQueued(bytes: number): void
}

/** Bytes of body that may be sent, and received, before credit is given. */
export interface StreamWindows {
  readonly send: number
  readonly receive: number
}

/**
 * What may happen to a stream, and when, is in `stream-state.ts`; this class holds its windows, the
 * bytes that wait, and the frames to send.
 */
export class Stream implements TurnTaker {
  readonly id: number
  /** Its place in the table of streams. */
  next: Stream | undefined
  #state: StateRow = streamStates.idle
  /** Absent until one is set, and after this end has given the stream up. */
  #handler: StreamHandler | undefined
  readonly #owner: StreamOwner
  readonly #windows: StreamWindows
  /** Made when they are first needed: most requests have no body, and most bodies never wait. */
  #sendWindow: SendWindow | undefined
  #receiveWindow: ReceiveWindow | undefined
  /** Body bytes that wait for credit or for their turn. */
  #queue: ByteQueue | undefined
  /** What ends our direction, once everything queued has left. */
  #end: StreamEnd | undefined
  /** Bytes that interim heads may still have. */
  #interimLeft: number = maxHeadLength
  /** A reset that came before there was a handler. */
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

  /** Body bytes given to `write` that have not left yet. */
  get queuedBytes(): number {
    return this.#queue === undefined ? 0 : this.#queue.length
  }

  /** Whether this end may still send: its direction has not ended, nor was the stream reset. */
  get isWritable(): boolean {
    return this.#end === undefined && this.#state.sendBody.does !== 'ignore'
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
   * At a worker: sends a response's head, optionally with the whole body (bytes, or a text that is
   * sent in UTF-8), and with `end` the end too. A short response is a single frame. Heads below 200,
   * but for 101, may come before the real one, without body and end; too many are dropped.
   *
   * Throws a {@link HeadTooLongError}, and has then sent nothing: another head may be tried.
   */
  respond(head: ResponseHead, body?: Buffer | string, end?: StreamEnd): void {
    if (isInterim(head)) return this.#respondInterim(head, body, end)
    const next = this.#end === undefined ? this.#mayStep(this.#state.sendHead) : undefined
    if (next === undefined) return
    if (end !== undefined) checkEnd(end)
    const length = lengthOf(body)
    if (body === undefined || this.#canPiggyback(length)) {
      return this.#sendHead(next, head, body, length, end)
    }
    this.#sendHead(next, head, undefined, 0, undefined)
    this.write(typeof body === 'string' ? Buffer.from(body) : body)
    if (end !== undefined) this.end(end)
  }

  /**
   * Sends body bytes. Returns false if they have to wait: the handler's `onDrain` says when to go
   * on, and until then they must not change. More may be written all the same, at the cost of memory.
   */
  write(chunk: Buffer): boolean {
    if (this.#end !== undefined || this.#mayStep(this.#state.sendBody) === undefined) return true
    const { length } = chunk
    if (length === 0) return this.queuedBytes === 0
    if (this.#canSendNow(length)) {
      this.#spend(length)
      this.#owner.scheduler.writer.addRaw(frameTypes.DATA, 0, this.id, chunk)
      this.#owner.scheduler.schedule()
      return true
    }
    this.#queue ??= new ByteQueue()
    this.#queue.push(chunk)
    this.#owner.onQueued(length)
    this.#enqueue()
    return false
  }

  /**
   * Says that everything of this direction has been written. Throws a {@link HeadTooLongError} if
   * the trailers are more than a frame holds, and has then said nothing.
   */
  end(end: StreamEnd = plainEnd): void {
    if (this.#end !== undefined || this.#mayStep(this.#state.sendEnd) === undefined) return
    checkEnd(end)
    this.#end = end
    if (this.queuedBytes === 0) this.#sendEnd(end)
  }

  /** Gives the stream up, both directions. The handler is not called any more. */
  reset(code: ResetCode): void {
    if (this.#mayStep(this.#state.sendReset) === undefined) return
    this.#handler = undefined
    this.#dropQueue()
    this.#sendReset(code)
    this.#step(this.#state.sendReset)
  }

  /** Says that the reader has used up body bytes, so that the peer may send as many more. */
  consumed(bytes: number): void {
    if (this.#mayStep(this.#state.sendCredit) === undefined) return
    const credit = this.#receiving().consume(bytes)
    if (credit === 0) return
    this.#owner.scheduler.writer.addNumber(frameTypes.CREDIT, this.id, credit)
    this.#owner.scheduler.schedule()
  }

  /** Part of {@link TurnTaker}: sends one DATA frame, with as much as one holds. */
  takeTurn(): void {
    const queue = this.#queue
    const length = Math.min(this.queuedBytes, maxDataLength, this.#credit())
    if (queue === undefined || length === 0) return
    this.#spend(length)
    const isLast = length === queue.length && this.#end !== undefined && isPlainEnd(this.#end)
    const { writer } = this.#owner.scheduler
    writer.beginRaw(frameTypes.DATA, isLast ? frameFlags.END : 0, this.id, length)
    queue.take(length, writer.addPiece)
    this.#owner.onQueued(-length)
    if (queue.length > 0) return this.#enqueue()
    this.#handler?.onDrain()
    // The handler may have ended the stream, given it up, or written more.
    if (queue.length > 0 || this.#state.sendEnd.does !== 'enter') return
    if (isLast) this.#step(this.#state.sendEnd)
    else if (this.#end !== undefined) this.#sendEnd(this.#end)
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
    this.#take(bodyLength)
    if (isWhole) this.#step(this.#state.receiveEnd)
  }

  /** The connection has received a response's head, of so many bytes, for this stream. */
  receiveResponse(
    head: ResponseHead,
    headLength: number,
    body: Buffer | undefined,
    end: StreamEnd | undefined,
  ): void {
    if (isInterim(head)) {
      this.#step(this.#state.receiveInterim)
      this.#interimLeft -= headLength
      if (this.#interimLeft < 0 || body !== undefined || end !== undefined) {
        throw this.#violation('has more of an interim response than is allowed')
      }
    } else {
      this.#step(this.#state.receiveHead)
    }
    if (body !== undefined) this.#take(body.length)
    if (end !== undefined) this.#step(this.#state.receiveEnd)
    this.#handler?.onResponse?.(head, body, end)
  }

  /** The connection has received body bytes for this stream. */
  receiveData(chunk: Buffer, isLast: boolean): void {
    this.#step(this.#state.receiveBody)
    // Before `take`: whether earlier bytes wait for a slow reader.
    const isBehind = this.#receiving().unread > 0
    this.#take(chunk.length)
    if (isLast) this.#step(this.#state.receiveEnd)
    if (chunk.length > 0) this.#handler?.onData(isBehind ? ownPiece(chunk) : chunk)
    if (isLast) this.#handler?.onEnd(plainEnd)
  }

  /** The connection has received the end of the peer's direction. */
  receiveEnd(end: StreamEnd): void {
    this.#step(this.#state.receiveEnd)
    this.#handler?.onEnd(end)
  }

  /** The peer gives the stream up. */
  receiveReset(code: ResetCode): void {
    const hadReset = this.#hasReset
    const { does } = this.#state.receiveReset
    this.#dropQueue()
    if (does === 'answer') this.#sendReset('CANCELLED')
    this.#step(this.#state.receiveReset)
    if (!hadReset) this.#tellReset(code)
  }

  /** The peer's reader has consumed bytes. */
  receiveCredit(bytes: number): void {
    this.#step(this.#state.receiveCredit)
    if (!this.#sending().widen(bytes)) {
      throw new ProtocolError(
        'WINDOW_EXCEEDED',
        `stream ${this.id} got ${bytes} bytes of credit, more than it has spent`,
      )
    }
    this.#enqueue()
  }

  /** The connection has ended. Returns whether {@link tellDisconnected} is to be called. */
  disconnect(): boolean {
    const isTold = !this.#hasReset && !this.isOver
    this.#dropQueue()
    this.#state = this.#state.disconnect.to
    return isTold
  }

  tellDisconnected(): void {
    this.#tellReset('DISCONNECTED')
  }

  /** Whether this end has given the stream up, and the peer has not answered. */
  get #hasReset(): boolean {
    return this.#state === streamStates.reset || this.#state === streamStates.resetAwaitingHead
  }

  /** The state after a transition, or undefined if nothing is to be sent. Throws if it is out of order. */
  #mayStep({ does, to, why }: Transition): StateRow | undefined {
    if (does === 'enter' || does === 'answer') return to
    if (does === 'ignore') return undefined
    if (does === 'violation') throw this.#violation(why)
    throw new Error(`stream ${this.id} ${why}`)
  }

  #step(transition: Transition): void {
    const to = this.#mayStep(transition)
    if (to !== undefined) this.#enter(to)
  }

  #enter(state: StateRow): void {
    this.#state = state
    if (state === streamStates.closed) this.#owner.forget(this)
  }

  #sending(): SendWindow {
    this.#sendWindow ??= new SendWindow(this.#windows.send)
    return this.#sendWindow
  }

  #receiving(): ReceiveWindow {
    this.#receiveWindow ??= new ReceiveWindow(this.#windows.receive)
    return this.#receiveWindow
  }

  /** Bytes that may be sent. */
  #credit(): number {
    return this.#sendWindow === undefined ? this.#windows.send : this.#sendWindow.credit
  }

  #spend(bytes: number): void {
    if (bytes > 0) this.#sending().spend(bytes)
  }

  #take(bytes: number): void {
    if (bytes === 0 || this.#receiving().take(bytes)) return
    throw new ProtocolError(
      'WINDOW_EXCEEDED',
      `stream ${this.id} got more bytes than it had room for`,
    )
  }

  #respondInterim(
    head: ResponseHead,
    body: Buffer | string | undefined,
    end: StreamEnd | undefined,
  ): void {
    if (this.#end !== undefined || this.#mayStep(this.#state.sendInterim) === undefined) return
    if (body !== undefined || end !== undefined) {
      throw new Error('an interim response has neither body nor end')
    }
    const row = responseRow(head, undefined)
    const length = packedLength(row)
    if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
    this.#interimLeft -= length
    if (this.#interimLeft < 0) return
    this.#owner.scheduler.writer.addHead(frameTypes.RESPONSE, 0, this.id, row)
    this.#owner.scheduler.schedule()
  }

  #sendHead(
    next: StateRow,
    head: ResponseHead,
    body: Buffer | string | undefined,
    length: number,
    end: StreamEnd | undefined,
  ): void {
    const flags = end === undefined ? 0 : frameFlags.END
    const row = responseRow(head, end)
    const { scheduler } = this.#owner
    scheduler.writer.addHead(frameTypes.RESPONSE, flags, this.id, row, body, length)
    scheduler.schedule()
    this.#enter(next)
    if (end !== undefined) this.#step(this.#state.sendEnd)
    // A closed stream is given no credit.
    if (!this.isOver) this.#spend(length)
  }

  /** Whether a body may be sent in the frame of its head. */
  #canPiggyback(length: number): boolean {
    return (
      length <= maxDataLength &&
      length <= this.#credit() &&
      (length === 0 || this.#owner.scheduler.canPiggyback)
    )
  }

  /** Whether body bytes may be sent now, because nothing waits before them. */
  #canSendNow(length: number): boolean {
    return (
      this.queuedBytes === 0 &&
      length <= maxDataLength &&
      length <= this.#credit() &&
      this.#owner.scheduler.isFree
    )
  }

  /** Waits for a turn, unless there is no credit: the next CREDIT brings the stream back. */
  #enqueue(): void {
    if (this.queuedBytes > 0 && this.#credit() > 0) this.#owner.scheduler.enqueue(this)
  }

  #sendEnd(end: StreamEnd): void {
    this.#owner.scheduler.writer.addPacked(frameTypes.END, 0, this.id, endRow(end))
    this.#owner.scheduler.schedule()
    this.#step(this.#state.sendEnd)
  }

  #sendReset(code: ResetCode): void {
    this.#owner.scheduler.writer.addNumber(frameTypes.RESET, this.id, resetCodes[code])
    this.#owner.scheduler.schedule()
  }

  #tellReset(code: ResetCode): void {
    if (this.#handler) this.#handler.onReset(code)
    else this.#missedReset = code
  }

  #dropQueue(): void {
    if (this.queuedBytes > 0) this.#owner.onQueued(-this.queuedBytes)
    this.#queue = undefined
    this.#owner.scheduler.leave(this)
    this.#end = undefined
  }

  #violation(what: string): ProtocolError {
    return new ProtocolError('BAD_STREAM', `stream ${this.id} ${what}`)
  }
}

/** A copy of a small part of a large buffer, so that a slow reader does not keep all of it. */
function ownPiece(chunk: Buffer): Buffer {
  return chunk.length * 4 < chunk.buffer.byteLength ? Buffer.from(chunk) : chunk
}
