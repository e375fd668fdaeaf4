/** One request's two directions on a connection: what was said, what waits, what is owed. */
import { Buffer } from 'node:buffer'
import { ByteQueue } from './byte-queue.ts'
import { HeadTooLongError, ProtocolError, type ResetCode, resetCodes } from './errors.ts'
import { frameFlags, frameTypes, maxDataLength, maxHeadLength } from './frame.ts'
import type { FrameScheduler, TurnTaker } from './frame-scheduler.ts'
import { lengthOf } from './frame-writer.ts'
import { endRow, plainEnd, type ResponseHead, responseRow, type StreamEnd } from './message.ts'
import { packedLength } from './packed.ts'
import { ReceiveWindow, SendWindow } from './window.ts'

/** What the owner of a stream is told. After `onReset`, or after both ends, it hears no more. */
export interface StreamHandler {
  /**
   * At a balancer: a response's head, with the first bytes of its body, and its end if nothing
   * more comes (`onEnd` is not called then). Heads below 200, but for 101, come before the real one.
   */
  onResponse?(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void
  /**
   * Body bytes. Give their number to {@link Stream.consumed} when they have been used, and that of
   * the bytes that came with a head too.
   */
  onData(chunk: Buffer): void
  /** The peer's direction is complete. */
  onEnd(end: StreamEnd): void
  /**
   * The peer, or the end of the connection, has given the stream up. It may come after the end of
   * the peer's direction, which stays valid: a worker does so that wants no more of an upload.
   */
  onReset(code: ResetCode): void
  /** A `write` has returned false, and since then everything written has left; the end has not. */
  onDrain(): void
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly scheduler: FrameScheduler
  /** Both directions are over, and the id is free. */
  forget(stream: Stream): void
  /** So many more body bytes wait for credit or for their turn, or fewer if negative. */
  onQueued(bytes: number): void
}

/** What differs between the streams of a connection, and between the two ends of one. */
export interface StreamSetting {
  /** A balancer's end sends a request and gets a response's head; a worker's end the other way. */
  readonly end: 'balancer' | 'worker'
  readonly sendWindow: number
  readonly receiveWindow: number
}

/** The last word that one side has said on a stream. */
type LastWord = 'none' | 'end' | 'reset'

/**
 * A stream is over when each side has said its last word: END, or RESET, which ends both
 * directions and which the peer answers with a RESET of its own unless it has said END already.
 * So both sides know exactly when a stream is over.
 */
export class Stream implements TurnTaker {
  readonly id: number
  /** Its place in the table of streams. */
  next: Stream | undefined
  #handler: StreamHandler | undefined
  readonly #owner: StreamOwner
  readonly #setting: StreamSetting
  /** Made when they are first needed: most requests have no body, and most bodies never wait. */
  #sendWindow: SendWindow | undefined
  #receiveWindow: ReceiveWindow | undefined
  /** Body bytes that wait for credit or for their turn. */
  #queue: ByteQueue | undefined
  /** What ends our direction, once everything queued has left. */
  #end: StreamEnd | undefined
  #sent: LastWord = 'none'
  #got: LastWord = 'none'
  /** Whether the head before our body, or the peer's, has gone by. */
  #headSent: boolean
  #headCame: boolean
  /** Bytes that interim heads may still have. */
  #interimLeft: number = maxHeadLength
  #wantsDrain = false
  /** A reset that came before there was anybody to tell. */
  #untold: ResetCode | undefined

  constructor(
    id: number,
    handler: StreamHandler | undefined,
    owner: StreamOwner,
    setting: StreamSetting,
  ) {
    this.id = id
    this.#handler = handler
    this.#owner = owner
    this.#setting = setting
    this.#headSent = setting.end === 'balancer'
    this.#headCame = setting.end === 'worker'
  }

  /** Body bytes given to `write` that have not left yet. */
  get queuedBytes(): number {
    return this.#queue === undefined ? 0 : this.#queue.length
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
    const code = this.#untold
    this.#untold = undefined
    if (code !== undefined) handler.onReset(code)
  }

  /**
   * At a worker: sends a response's head, the whole of a body (bytes, or a text that leaves in UTF-8)
   * with it or none, and with `end` the end too. A short response leaves as a single frame. Heads below 200, but for 101, may come
   * before the real one, without body and end; they are dropped once they are too many.
   *
   * Throws a {@link HeadTooLongError}, and has then sent nothing: another head may be tried.
   */
  respond(head: ResponseHead, body?: Buffer | string, end?: StreamEnd): void {
    if (!this.isWritable) return
    if (this.#headSent) throw new Error('a response head after the real one')
    if (end !== undefined) checkEnd(end)
    const length = lengthOf(body)
    if (isInterim(head)) this.#respondInterim(head, body, end)
    else if (body === undefined || this.#canPiggyback(length))
      this.#respondAtOnce(head, body, length, end)
    else {
      this.#respondAtOnce(head, undefined, 0, undefined)
      this.write(typeof body === 'string' ? Buffer.from(body) : body)
      if (end !== undefined) this.end(end)
    }
  }

  /**
   * Sends body bytes. Returns false if they have to wait: the handler's `onDrain` says when to go
   * on, and until then they must not change. More may be written all the same, at the cost of memory.
   */
  write(chunk: Buffer): boolean {
    if (!this.isWritable) return true
    if (!this.#headSent) throw new Error('body bytes before a response head')
    const { length } = chunk
    if (length === 0) return this.queuedBytes === 0
    if (this.#mayPass(length)) {
      this.#spend(length)
      this.#owner.scheduler.writer.addRaw(frameTypes.DATA, 0, this.id, chunk)
      this.#owner.scheduler.schedule()
      return true
    }
    this.#queue ??= new ByteQueue()
    this.#queue.push(chunk)
    this.#owner.onQueued(length)
    this.#wantsDrain = true
    this.#enqueue()
    return false
  }

  /**
   * Says that everything of this direction has been written. Throws a {@link HeadTooLongError} if
   * the trailers are more than a frame holds, and has then said nothing.
   */
  end(end: StreamEnd = plainEnd): void {
    if (!this.isWritable) return
    if (!this.#headSent) throw new Error('the end before a response head')
    checkEnd(end)
    this.#end = end
    if (this.queuedBytes === 0) this.#sendEnd(end)
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
    const credit = this.#receiving().consume(bytes)
    if (credit === 0) return
    this.#owner.scheduler.writer.addNumber(frameTypes.CREDIT, this.id, credit)
    this.#owner.scheduler.schedule()
  }

  /** Part of {@link TurnTaker}: one DATA frame, made of as much as one holds. */
  takeTurn(): void {
    const queue = this.#queue
    const length = Math.min(this.queuedBytes, maxDataLength, this.#credit())
    if (queue === undefined || length === 0) return
    this.#spend(length)
    const isLast = length === queue.length && this.#end !== undefined && isPlain(this.#end)
    const { writer } = this.#owner.scheduler
    writer.beginRaw(frameTypes.DATA, isLast ? frameFlags.END : 0, this.id, length)
    queue.take(length, writer.addPiece)
    this.#owner.onQueued(-length)
    if (queue.length > 0) {
      this.#enqueue()
      return
    }
    this.#tellDrained()
    // The handler may have ended the stream, given it up, or written more.
    if (this.#sent !== 'none' || queue.length > 0) return
    if (isLast) this.#say('end')
    else if (this.#end !== undefined) this.#sendEnd(this.#end)
  }

  /** The connection has sent the request that opens this stream. */
  sentRequest(bodyLength: number, isWhole: boolean): void {
    this.#spend(bodyLength)
    if (isWhole) this.#say('end')
  }

  /** The connection has got the request that opens this stream. */
  receiveRequest(bodyLength: number, isWhole: boolean): void {
    this.#take(bodyLength)
    if (isWhole) this.#hear('end')
  }

  /** The connection has got a response's head, of so many bytes, for this stream. */
  receiveResponse(
    head: ResponseHead,
    headLength: number,
    body: Buffer | undefined,
    end: StreamEnd | undefined,
  ): void {
    this.#expectOpen()
    if (this.#headCame) throw this.#bad('has a second response head')
    if (isInterim(head)) {
      this.#interimLeft -= headLength
      if (this.#interimLeft < 0 || body !== undefined || end !== undefined) {
        throw this.#bad('has more of an interim response than is allowed')
      }
    } else {
      this.#headCame = true
    }
    if (body !== undefined) this.#take(body.length)
    if (end !== undefined) this.#hear('end')
    if (!this.#isReset()) this.#handler?.onResponse?.(head, body, end)
  }

  /** The connection has got body bytes for this stream. */
  receiveData(chunk: Buffer, isLast: boolean): void {
    this.#expectOpen()
    if (!this.#headCame) throw this.#bad('has a body before its response head')
    // Before `take`: whether earlier bytes wait for a slow reader.
    const isBehind = this.#receiving().unread > 0
    this.#take(chunk.length)
    const isDeaf = this.#isReset()
    if (isLast) this.#hear('end')
    if (isDeaf) return
    if (chunk.length > 0) this.#handler?.onData(isBehind ? ownPiece(chunk) : chunk)
    if (isLast && !this.#isReset()) this.#handler?.onEnd(plainEnd)
  }

  /** The connection has got the end of the peer's direction. */
  receiveEnd(end: StreamEnd): void {
    this.#expectOpen()
    if (!this.#headCame) throw this.#bad('ends before its response head')
    this.#hear('end')
    if (!this.#isReset()) this.#handler?.onEnd(end)
  }

  /** The peer gives the stream up. */
  receiveReset(code: ResetCode): void {
    const isDeaf = this.#isReset()
    this.#dropQueue()
    // A reset is the peer's last word even after its end.
    this.#got = 'reset'
    if (this.#sent === 'none') this.#sendReset('CANCELLED')
    else this.#owner.forget(this)
    if (!isDeaf) this.#tellReset(code)
  }

  /** The peer's reader has consumed bytes. */
  receiveCredit(bytes: number): void {
    if (!this.#sending().widen(bytes)) {
      throw new ProtocolError(
        'WINDOW_EXCEEDED',
        `stream ${this.id} got ${bytes} bytes of credit, more than it has spent`,
      )
    }
    this.#enqueue()
  }

  /** The connection is gone, and with it the stream. Returns whether its handler is to be told. */
  cut(): boolean {
    const isDeaf = this.#isReset() || this.isOver
    this.#dropQueue()
    this.#sent = 'reset'
    this.#got = 'reset'
    return !isDeaf
  }

  /** Tells the handler, after a cut. */
  tellCut(): void {
    this.#tellReset('DISCONNECTED')
  }

  #sending(): SendWindow {
    this.#sendWindow ??= new SendWindow(this.#setting.sendWindow)
    return this.#sendWindow
  }

  #receiving(): ReceiveWindow {
    this.#receiveWindow ??= new ReceiveWindow(this.#setting.receiveWindow)
    return this.#receiveWindow
  }

  /** Bytes that may be sent. */
  #credit(): number {
    return this.#sendWindow === undefined ? this.#setting.sendWindow : this.#sendWindow.credit
  }

  #spend(bytes: number): void {
    if (bytes > 0) this.#sending().spend(bytes)
  }

  /** Whether this side has given the stream up. A handler may do so whenever it is called. */
  #isReset(): boolean {
    return this.#sent === 'reset'
  }

  #respondInterim(
    head: ResponseHead,
    body: Buffer | string | undefined,
    end: StreamEnd | undefined,
  ): void {
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

  #respondAtOnce(
    head: ResponseHead,
    body: Buffer | string | undefined,
    length: number,
    end: StreamEnd | undefined,
  ): void {
    const flags = end === undefined ? 0 : frameFlags.END
    const { scheduler } = this.#owner
    scheduler.writer.addHead(
      frameTypes.RESPONSE,
      flags,
      this.id,
      responseRow(head, end),
      body,
      length,
    )
    scheduler.schedule()
    this.#headSent = true
    if (end !== undefined) this.#say('end')
    // Nobody asks a stream that is over for its credit.
    if (!this.isOver) this.#spend(length)
  }

  #tellDrained(): void {
    if (!this.#wantsDrain) return
    this.#wantsDrain = false
    this.#handler?.onDrain()
  }

  /** Whether a body may leave in the frame of its head. */
  #canPiggyback(length: number): boolean {
    return (
      length <= maxDataLength &&
      length <= this.#credit() &&
      (length === 0 || this.#owner.scheduler.canPiggyback)
    )
  }

  /** Whether body bytes may leave now, before anybody in line. */
  #mayPass(length: number): boolean {
    return (
      this.queuedBytes === 0 &&
      length <= maxDataLength &&
      length <= this.#credit() &&
      this.#owner.scheduler.isFree
    )
  }

  /** Without credit it stays away; the next CREDIT brings it back. */
  #enqueue(): void {
    if (this.queuedBytes > 0 && this.#credit() > 0) this.#owner.scheduler.enqueue(this)
  }

  #sendEnd(end: StreamEnd): void {
    this.#owner.scheduler.writer.addPacked(frameTypes.END, 0, this.id, endRow(end))
    this.#owner.scheduler.schedule()
    this.#say('end')
  }

  #sendReset(code: ResetCode): void {
    this.#owner.scheduler.writer.addNumber(frameTypes.RESET, this.id, resetCodes[code])
    this.#owner.scheduler.schedule()
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
    if (this.#got !== 'none') throw this.#bad('goes on after its end')
  }

  #take(bytes: number): void {
    if (bytes === 0 || this.#receiving().take(bytes)) return
    throw new ProtocolError(
      'WINDOW_EXCEEDED',
      `stream ${this.id} got more bytes than it had room for`,
    )
  }

  #tellReset(code: ResetCode): void {
    if (this.#handler) this.#handler.onReset(code)
    else this.#untold = code
  }

  #dropQueue(): void {
    if (this.queuedBytes > 0) this.#owner.onQueued(-this.queuedBytes)
    this.#queue = undefined
    this.#owner.scheduler.leaveLine(this)
    this.#end = undefined
    this.#wantsDrain = false
  }

  #bad(what: string): ProtocolError {
    return new ProtocolError('BAD_STREAM', `stream ${this.id} ${what}`)
  }
}

function isInterim(head: ResponseHead): boolean {
  return head.status < 200 && head.status !== 101
}

function isPlain(end: StreamEnd): boolean {
  return end.trailers === '' && end.report === undefined
}

/** Bytes of a packed end besides its trailers, at most. */
const reportLength = 128

function checkEnd(end: StreamEnd): void {
  if (end.trailers === '') return
  const length = Buffer.byteLength(end.trailers) + reportLength
  if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
}

/** What waits for a slow reader must not hold on to the far larger piece it came in. */
function ownPiece(chunk: Buffer): Buffer {
  return chunk.length * 4 < chunk.buffer.byteLength ? Buffer.from(chunk) : chunk
}
