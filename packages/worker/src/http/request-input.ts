/** The input of a request: a stream feeds what Node's class would read from a socket. */
import type { IncomingMessage } from 'node:http'
import { splitHeaders } from '@resumelb/protocol'
import type { ExchangeStream } from './exchange-listener.ts'

interface StreamState {
  readingMore: boolean
  resumeScheduled: boolean
  ended: boolean
  endEmitted: boolean
  destroyed: boolean
  closed: boolean
  closeEmitted: boolean
}

/** Members of Node's class that its types do not declare. */
interface Internals {
  _consuming: boolean
  readonly _dumped: boolean
  readonly _eventsCount: number
  readonly _readableState: StreamState
  _addHeaderLines(rawHeaders: string[], length: number): void
  _dump(): void
}

/**
 * Feeds an `IncomingMessage` as Node's parser does, with the stream instead of the socket: giving
 * credit corresponds to reading on, and owing it to pausing the socket. Frameworks (Express)
 * replace the prototype of messages by one that inherits from Node's, so our additions are here, or
 * own properties of the message.
 *
 * All bytes go into the message's buffer as they arrive. Credit is given while the message asks for
 * more, so it buffers no more than a window beyond its high-water mark, or one window if it is not
 * read.
 */
export class RequestInput {
  /** Called before the message asks for a body that is not complete. */
  onWanted: (() => void) | undefined
  readonly #message: IncomingMessage
  readonly #stream: ExchangeStream
  /** Bytes received for which no credit was given. */
  #owed = 0
  /** Whether the message has asked for more, and has not received enough since. */
  #isFlowing = false
  /** Bytes received before the handler was called. At most a window, because no credit is given. */
  #early: Buffer[] | undefined
  /** Trailers of a body that was complete by then. */
  #earlyEnd: string | undefined
  #isStarted = false

  constructor(message: IncomingMessage, stream: ExchangeStream) {
    this.#message = message
    this.#stream = stream
  }

  /** The handler was called. As in Node's server, it sees nothing of the body before. */
  start(): void {
    this.#isStarted = true
    const early = this.#early
    this.#early = undefined
    if (early !== undefined) for (const chunk of early) this.receive(chunk)
    if (this.#earlyEnd !== undefined) this.finish(this.#earlyEnd)
  }

  /** Body bytes have arrived. */
  receive(chunk: Buffer): void {
    if (!this.#isStarted) {
      if (this.#early === undefined) this.#early = [chunk]
      else this.#early.push(chunk)
      return
    }
    const message = this.#message
    this.#owed += chunk.length
    // A destroyed message does not need them, but consumes them so that the sender can finish.
    if (asInternals(message)._dumped || message.destroyed) this.#isFlowing = true
    else if (!message.push(chunk)) this.#isFlowing = false
    if (this.#isFlowing) this.#giveCredit()
  }

  /** The body is complete. */
  finish(trailers: string): void {
    if (!this.#isStarted) {
      this.#earlyEnd = trailers
      return
    }
    const message = this.#message
    const internals = asInternals(message)
    message.complete = true
    if (trailers !== '') {
      const fields = splitHeaders(trailers)
      // Fields that arrive when the message is complete are its trailers.
      internals._addHeaderLines(fields, fields.length)
    }
    // The same without events. Most handlers never read the body of a request that has none, and
    // emitting its end would cost more than everything else here.
    if (isUnheard(internals)) internals._readableState.ended = true
    else message.push(null)
  }

  /** The client has disconnected: does what Node does with the requests of a lost connection. */
  abort(): void {
    // Its class emits the error only if there are listeners.
    this.#message.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }

  /**
   * The response is complete. As in Node, a reader that has begun continues; without a reader, the
   * body is discarded as it arrives. Returns whether more of it will be discarded.
   */
  dump(): boolean {
    const message = this.#message
    const internals = asInternals(message)
    const state = internals._readableState
    const isRead = internals._consuming || state.resumeScheduled
    if (isRead && !isDrained(message)) return false
    const isEmpty = message.complete && message.readableLength === 0
    if (isEmpty && isUnheard(internals)) setOver(state)
    else internals._dump()
    if (message.complete) return false
    this.#isFlowing = true
    this.#giveCredit()
    return true
  }

  /** The rest of the body is not needed. */
  cancel(): void {
    if (this.#message.complete) return
    this.#stream.reset('CANCELLED')
    this.finish('')
  }

  /** The message asks for more. */
  read(): void {
    const internals = asInternals(this.#message)
    if (this.onWanted !== undefined && !this.#message.complete) this.onWanted()
    if (!internals._consuming) {
      // As Node's own: its constructor prevents reading ahead until there is a reader.
      internals._readableState.readingMore = false
      internals._consuming = true
    }
    this.#isFlowing = true
    this.#giveCredit()
  }

  #giveCredit(): void {
    const owed = this.#owed
    if (owed === 0) return
    this.#owed = 0
    this.#stream.consumed(owed)
  }
}

/** Whether the message has neither readers nor listeners. */
function isUnheard(message: Internals): boolean {
  return (
    message._eventsCount === 0 && !message._consuming && !message._readableState.resumeScheduled
  )
}

/** Whether the message is discarded to its end: by `resume()` alone. */
function isDrained(message: IncomingMessage): boolean {
  const isHeard = message.listenerCount('data') > 0 || message.listenerCount('readable') > 0
  return message.readableFlowing === true && !isHeard
}

/**
 * Sets what `stream.finished` checks if it is called later. Events without listeners are skipped.
 */
function setOver(state: StreamState): void {
  state.ended = true
  state.endEmitted = true
  state.destroyed = true
  state.closed = true
  state.closeEmitted = true
}

function asInternals(message: IncomingMessage): Internals {
  return message as unknown as Internals
}
