/** All streams of a connection: opens them, and passes each its frames. */
import type { Buffer } from 'node:buffer'
import { flagsOfStanding, standingOfFlags } from './class-standing.ts'
import { ProtocolError } from './errors.ts'
import { frameFlags, frameTypes, headPrefixLength } from './frame.ts'
import type { FrameScheduler } from './frame-scheduler.ts'
import type { Hello, Role } from './hello.ts'
import {
  type RequestHead,
  readEnd,
  readRequestHead,
  readResponseEnd,
  readResponseHead,
  requestRow,
} from './message.ts'
import { unpack } from './packed.ts'
import { headEnd, readNumber, readResetCode } from './payload.ts'
import { maxClassLength } from './resume.ts'
import { Stream } from './stream.ts'
import type { StreamHandler } from './stream-handler.ts'
import type { StreamOwner, StreamWindows } from './stream-owner.ts'
import { StreamTable } from './stream-table.ts'

/**
 * Body bytes that are sent ahead of credit, whatever window the peer offers: the window is what the
 * peer accepts, and not what this side must buffer.
 */
const maxSendWindow = 1024 * 1024

export interface StreamsEvents {
  /** See `ConnectionHandler.onRequest`. */
  onRequest(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler | undefined
  /** The number of body bytes that wait in all streams has changed by this much. */
  onQueued(bytes: number): void
  /** A stream is closed. */
  onClosed(): void
}

/** The limits of this side. */
export interface StreamsOptions {
  readonly window: number
  readonly maxStreams: number
}

export class Streams implements StreamOwner {
  readonly scheduler: FrameScheduler
  readonly #options: StreamsOptions
  readonly #events: StreamsEvents
  readonly #table: StreamTable = new StreamTable()
  #peerRole: Role | undefined
  #knowsSizes = false
  /** Window of all streams, once the peer's HELLO has arrived. */
  #windows: StreamWindows | undefined

  constructor(scheduler: FrameScheduler, options: StreamsOptions, events: StreamsEvents) {
    this.scheduler = scheduler
    this.#options = options
    this.#events = events
  }

  /** Number of open streams. */
  get size(): number {
    return this.#table.size
  }

  /** The peer's HELLO has arrived: from now on streams may be opened. */
  begin({ role, limits, sizes = false }: Hello): void {
    this.#peerRole = role
    this.#knowsSizes = sizes
    const send = Math.min(limits.window, maxSendWindow)
    this.#windows = { send, receive: this.#options.window }
  }

  /** See `Connection.request`. */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): Stream {
    const windows = this.#windows
    if (windows === undefined) throw new Error('the connection is not ready')
    if (head.requestClass.length > maxClassLength) {
      throw new RangeError(`a request class has at most ${maxClassLength} characters`)
    }
    const { scheduler } = this
    const id = this.#table.nextId()
    const length = body === undefined ? 0 : body.length
    const canPiggyback = scheduler.canPiggyback(length, windows.send)
    const isEnd = isWhole && canPiggyback
    const flags =
      (isEnd ? frameFlags.END : 0) |
      (head.isMovable ? frameFlags.MOVABLE : 0) |
      flagsOfStanding(head.standing)
    const firstBytes = canPiggyback ? body : undefined
    const row = requestRow(head, this.#knowsSizes)
    scheduler.writer.addHead(frameTypes.REQUEST, flags, id, row, firstBytes)
    const stream = this.#open(id, windows, handler)
    scheduler.schedule()
    stream.sentRequest(canPiggyback ? length : 0, isEnd)
    if (body !== undefined && !canPiggyback) stream.write(body)
    if (isWhole && !canPiggyback) stream.end()
    return stream
  }

  /** Handles a frame. Returns false if it is not a frame of a stream. */
  receive(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    switch (type) {
      case frameTypes.REQUEST:
        this.#onRequest(flags, id, bytes, start, end)
        return true
      case frameTypes.RESPONSE:
        this.#onResponse(flags, id, bytes, start, end)
        return true
      case frameTypes.DATA: {
        const isLast = (flags & frameFlags.END) !== 0
        this.#table.open(id).receiveData(bytes.subarray(start, end), isLast)
        return true
      }
      case frameTypes.END:
        this.#table.open(id).receiveEnd(readEnd(unpack(bytes, start, end)))
        return true
      case frameTypes.RESET:
        this.#table.openOrPast(id)?.receiveReset(readResetCode(bytes, start, end))
        return true
      case frameTypes.CREDIT:
        this.#table.openOrPast(id)?.receiveCredit(readNumber(bytes, start, end))
        return true
      default:
        return false
    }
  }

  /** The connection has ended. Returns the streams whose `tellDisconnected` must be called. */
  disconnect(): Stream[] {
    return this.#table.clear().filter((stream) => stream.disconnect())
  }

  /** Part of {@link StreamOwner}. */
  forget(stream: Stream): void {
    this.#table.remove(stream)
    this.#events.onClosed()
  }

  /** Part of {@link StreamOwner}. */
  onQueued(bytes: number): void {
    this.#events.onQueued(bytes)
  }

  #open(id: number, windows: StreamWindows, handler: StreamHandler | undefined): Stream {
    const stream = new Stream(id, handler, this, windows)
    this.#table.add(stream)
    return stream
  }

  #onRequest(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectFrom('balancer', 'REQUEST')
    this.#table.openedByPeer(id)
    const { maxStreams } = this.#options
    if (this.size >= maxStreams) {
      throw new ProtocolError('TOO_MANY_STREAMS', `more than ${maxStreams} streams at once`)
    }
    const bodyAt = headEnd(bytes, start, end)
    const head = readRequestHead(unpack(bytes, start + headPrefixLength, bodyAt))
    head.standing = standingOfFlags(flags)
    if ((flags & frameFlags.MOVABLE) !== 0) head.isMovable = true
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const isWhole = (flags & frameFlags.END) !== 0
    const stream = this.#open(id, this.#windows as StreamWindows, undefined)
    stream.receiveRequest(end - bodyAt, isWhole)
    const handler = this.#events.onRequest(stream, head, body, isWhole)
    if (handler) stream.handle(handler)
  }

  #onResponse(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectFrom('worker', 'RESPONSE')
    const bodyAt = headEnd(bytes, start, end)
    const headAt = start + headPrefixLength
    const row = unpack(bytes, headAt, bodyAt)
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const last = (flags & frameFlags.END) !== 0 ? readResponseEnd(row) : undefined
    this.#table.open(id).receiveResponse(readResponseHead(row), bodyAt - headAt, body, last)
  }

  #expectFrom(role: Role, frame: string): void {
    if (this.#peerRole === role) return
    throw new ProtocolError('UNKNOWN_FRAME', `a ${this.#peerRole} sends no ${frame}`)
  }
}
