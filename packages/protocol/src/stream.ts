/** One request's two directions on a connection: what was said, what waits, what is owed. */
import { ProtocolError, type ResetCode, resetCodes } from './errors.ts'
import { frameFlags, frameTypes, maxDataLength } from './frame.ts'
import { endRow, plainEnd, type ResponseHead, responseRow, type StreamEnd } from './message.ts'
import type { Outbox } from './outbox.ts'
import { ReceiveWindow, SendWindow } from './window.ts'

/** What the owner of a stream is told. After `onReset`, or after both ends, it hears no more. */
export interface StreamHandler {
  /**
   * At a balancer: a response's head, with the first bytes of its body, and its end if nothing
   * more comes (`onEnd` is not called then). Heads below 200, but for 101, come before the real one.
   */
  onResponse?(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void
  /** Body bytes. Give their number to {@link Stream.consumed} when they have been used. */
  onData(chunk: Buffer): void
  /** The peer's direction is complete. */
  onEnd(end: StreamEnd): void
  /** The peer, or the end of the connection, has given the stream up. */
  onReset(code: ResetCode): void
  /** A `write` has returned false, and since then everything has left. */
  onDrain(): void
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly outbox: Outbox
  /** Whether a frame may go at once, before anybody who waits for a turn. */
  readonly isFree: boolean
  /** Puts the stream in the line of those that have something to send. */
  standInLine(stream: Stream): void
  /** Frames were added to the outbox: they must leave in this turn of the event loop. */
  scheduleFlush(): void
  /** Both directions are over, and the id is free. */
  forget(stream: Stream): void
}

/** The last word that one side has said on a stream. */
type LastWord = 'none' | 'end' | 'reset'

/**
 * A stream is over when each side has said its last word: END, or RESET, which ends both
 * directions and which the peer answers with a RESET of its own unless it has said END already.
 * So both sides know exactly when a stream is over.
 */
export class Stream {
  readonly id: number
  #handler: StreamHandler
  readonly #owner: StreamOwner
  readonly #sendWindow: SendWindow
  readonly #receiveWindow: ReceiveWindow
  /** Body bytes that wait for credit or for their turn, first to go first. */
  readonly #queue: Buffer[] = []
  #queuedBytes = 0
  /** What ends our direction, once everything queued has left. */
  #end: StreamEnd | undefined
  #sent: LastWord = 'none'
  #got: LastWord = 'none'
  #wantsDrain = false
  #isInLine = false

  constructor(
    id: number,
    handler: StreamHandler,
    owner: StreamOwner,
    windows: { readonly send: number; readonly receive: number },
  ) {
    this.id = id
    this.#handler = handler
    this.#owner = owner
    this.#sendWindow = new SendWindow(windows.send)
    this.#receiveWindow = new ReceiveWindow(windows.receive)
  }

  /** Body bytes given to `write` that have not left yet. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Whether this side may still send: it has neither ended nor reset, nor was it reset. */
  get isWritable(): boolean {
    return this.#sent === 'none' && this.#got !== 'reset' && this.#end === undefined
  }

  /** Whether both sides have said their last word. */
  get isOver(): boolean {
    return this.#sent !== 'none' && this.#got !== 'none'
  }

  /** Replaces whoever is told what comes. */
  handle(handler: StreamHandler): void {
    this.#handler = handler
  }

  /**
   * At a worker: sends a response's head, the whole of a body with it or none, and with `end` the
   * end too. A short response leaves as a single frame.
   */
  respond(head: ResponseHead, body?: Buffer, end?: StreamEnd): void {
    if (!this.isWritable) return
    const { outbox } = this.#owner
    const rides =
      body === undefined || (body.length <= maxDataLength && body.length <= this.#sendWindow.credit)
    if (rides) {
      const flags = end === undefined ? 0 : frameFlags.END
      if (body !== undefined) this.#sendWindow.spend(body.length)
      outbox.addHead(frameTypes.RESPONSE, flags, this.id, responseRow(head, end), body)
      this.#owner.scheduleFlush()
      if (end !== undefined) this.#say('end')
    } else {
      outbox.addHead(frameTypes.RESPONSE, 0, this.id, responseRow(head, undefined))
      this.#owner.scheduleFlush()
      this.write(body)
      if (end !== undefined) this.end(end)
    }
  }

  /**
   * Sends body bytes, which must not change afterwards. Returns false if they have to wait: the
   * handler's `onDrain` says when to go on. More may be written all the same, at the cost of memory.
   */
  write(chunk: Buffer): boolean {
    if (!this.isWritable || chunk.length === 0) return true
    const { length } = chunk
    if (this.#mayPass(length)) {
      this.#sendWindow.spend(length)
      this.#owner.outbox.addRaw(frameTypes.DATA, 0, this.id, chunk)
      this.#owner.scheduleFlush()
      return true
    }
    this.#queue.push(chunk)
    this.#queuedBytes += length
    this.#standInLine()
    this.#wantsDrain = true
    return false
  }

  /** Says that everything of this direction has been written. */
  end(end: StreamEnd = plainEnd): void {
    if (!this.isWritable) return
    if (this.#queue.length > 0) {
      this.#end = end
      return
    }
    this.#sendEnd(end)
  }

  /** Gives the stream up, both directions. The handler hears nothing of it any more. */
  reset(code: ResetCode): void {
    if (this.#sent === 'reset' || this.#got === 'reset' || this.isOver) return
    this.#dropQueue()
    this.#sendReset(code)
  }

  /** Says that the reader has used up body bytes, so that the peer may send as many more. */
  consumed(bytes: number): void {
    if (this.#got !== 'none' || this.#sent === 'reset') return
    const credit = this.#receiveWindow.consume(bytes)
    if (credit === 0) return
    this.#owner.outbox.addNumber(frameTypes.CREDIT, this.id, credit)
    this.#owner.scheduleFlush()
  }

  /** One turn: sends at most one frame. Returns whether the stream wants another turn now. */
  takeTurn(): boolean {
    this.#isInLine = false
    const chunk = this.#queue[0]
    if (chunk === undefined) return false
    const length = Math.min(chunk.length, maxDataLength, this.#sendWindow.credit)
    // Without credit it leaves the line; the next CREDIT puts it back.
    if (length === 0) return false
    this.#sendWindow.spend(length)
    this.#queuedBytes -= length
    if (length === chunk.length) this.#queue.shift()
    else this.#queue[0] = chunk.subarray(length)
    const isLast = this.#queue.length === 0 && this.#end === plainEnd
    const piece = length === chunk.length ? chunk : chunk.subarray(0, length)
    this.#owner.outbox.addRaw(frameTypes.DATA, isLast ? frameFlags.END : 0, this.id, piece)
    if (isLast) this.#say('end')
    else if (this.#queue.length === 0) this.#onQueueEmpty()
    return this.#queue.length > 0 && this.#sendWindow.credit > 0 && this.#claimPlace()
  }

  /** The connection has sent the request that opens this stream. */
  sentRequest(bodyLength: number, isWhole: boolean): void {
    this.#sendWindow.spend(bodyLength)
    if (isWhole) this.#say('end')
  }

  /** The connection has got the request that opens this stream. */
  receiveRequest(bodyLength: number, isWhole: boolean): void {
    this.#take(bodyLength)
    if (isWhole) this.#hear('end')
  }

  /** The connection has got a response's head for this stream. */
  receiveResponse(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    this.#expectOpen()
    if (this.#sent === 'reset') {
      if (end !== undefined) this.#hear('end')
      return
    }
    if (body !== undefined) this.#take(body.length)
    if (end !== undefined) this.#hear('end')
    this.#handler.onResponse?.(head, body, end)
  }

  /** The connection has got body bytes for this stream. */
  receiveData(chunk: Buffer, isLast: boolean): void {
    this.#expectOpen()
    this.#take(chunk.length)
    const deaf = this.#isReset
    if (isLast) this.#hear('end')
    if (deaf) return
    if (chunk.length > 0) this.#handler.onData(chunk)
    if (isLast && !this.#isReset) this.#handler.onEnd(plainEnd)
  }

  /** The connection has got the end of the peer's direction. */
  receiveEnd(end: StreamEnd): void {
    this.#expectOpen()
    const deaf = this.#sent === 'reset'
    this.#hear('end')
    if (!deaf) this.#handler.onEnd(end)
  }

  /** The peer gives the stream up. */
  receiveReset(code: ResetCode): void {
    if (this.#got === 'reset') return
    const deaf = this.#sent === 'reset'
    this.#dropQueue()
    // A reset is the peer's last word even after its end.
    this.#got = 'reset'
    if (this.#sent === 'none') this.#sendReset('CANCELLED')
    else this.#owner.forget(this)
    if (!deaf) this.#handler.onReset(code)
  }

  /** The peer's reader has consumed bytes. */
  receiveCredit(bytes: number): void {
    this.#sendWindow.widen(bytes)
    if (this.#queue.length > 0) this.#standInLine()
  }

  /** The connection is gone, and with it the stream. */
  abandon(): void {
    const deaf = this.#sent === 'reset' || this.isOver
    this.#dropQueue()
    this.#sent = 'reset'
    this.#got = 'reset'
    if (!deaf) this.#handler.onReset('DISCONNECTED')
  }

  /** Read anew after each call of a handler, which may have reset the stream. */
  get #isReset(): boolean {
    return this.#sent === 'reset'
  }

  #mayPass(length: number): boolean {
    return (
      this.#queue.length === 0 &&
      length <= maxDataLength &&
      length <= this.#sendWindow.credit &&
      this.#owner.isFree
    )
  }

  #standInLine(): void {
    if (this.#isInLine) return
    this.#isInLine = true
    this.#owner.standInLine(this)
  }

  /** The connection keeps a stream that wants another turn: note that it is in line again. */
  #claimPlace(): true {
    this.#isInLine = true
    return true
  }

  #onQueueEmpty(): void {
    if (this.#end !== undefined) {
      this.#sendEnd(this.#end)
    } else if (this.#wantsDrain) {
      this.#wantsDrain = false
      this.#handler.onDrain()
    }
  }

  #sendEnd(end: StreamEnd): void {
    this.#end = end
    this.#owner.outbox.addPacked(frameTypes.END, 0, this.id, endRow(end))
    this.#owner.scheduleFlush()
    this.#say('end')
  }

  #sendReset(code: ResetCode): void {
    this.#owner.outbox.addNumber(frameTypes.RESET, this.id, resetCodes[code])
    this.#owner.scheduleFlush()
    this.#say('reset')
  }

  #say(word: LastWord): void {
    this.#sent = word
    if (this.isOver) this.#owner.forget(this)
  }

  #hear(word: LastWord): void {
    this.#got = word
    if (this.isOver) this.#owner.forget(this)
  }

  #expectOpen(): void {
    if (this.#got === 'none') return
    throw new ProtocolError('BAD_STREAM', `stream ${this.id} goes on after its end`)
  }

  #take(bytes: number): void {
    if (this.#receiveWindow.take(bytes)) return
    throw new ProtocolError(
      'WINDOW_EXCEEDED',
      `stream ${this.id} got more bytes than it had room for`,
    )
  }

  #dropQueue(): void {
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#end = undefined
    this.#wantsDrain = false
  }
}
