/** The way in of a request: what Node's class would read from a socket comes from a stream. */
import type { IncomingMessage } from 'node:http'
import { type Stream, splitHeaders } from '@resumelb/protocol'

interface StreamState {
  readingMore: boolean
  resumeScheduled: boolean
  ended: boolean
  endEmitted: boolean
  destroyed: boolean
  closed: boolean
  closeEmitted: boolean
}

/** What Node's class has and its types do not tell. */
interface Internals {
  _consuming: boolean
  readonly _dumped: boolean
  readonly _eventsCount: number
  readonly _readableState: StreamState
  _addHeaderLines(rawHeaders: string[], length: number): void
  _dump(): void
}

/**
 * Feeds an `IncomingMessage` as Node's parser does, with the stream in place of the socket: giving
 * credit is what reading on is there, and owing it what a paused socket is. Frameworks (Express)
 * replace the prototype of messages by one that inherits from Node's, so what is ours is here, or an
 * own property of the message.
 *
 * All that comes goes into the message's buffer at once. Credit is given while the message asks for
 * more, so it buffers no more than a window beyond its high-water mark, and a message that nobody
 * reads one window.
 */
export class RequestInput {
  /** Called before the message asks for a body that has not come whole. */
  onWanted: (() => void) | undefined
  readonly #message: IncomingMessage
  readonly #stream: Stream
  /** Bytes that have come and for which no credit was given. */
  #owed = 0
  /** Whether the message has asked for more, and has since not had enough. */
  #isFlowing = false
  /** What came before the handler was called. At most a window of it, for no credit is given. */
  #early: Buffer[] | undefined
  /** Trailers of a body that was whole by then. */
  #earlyEnd: string | undefined
  #isStarted = false

  constructor(message: IncomingMessage, stream: Stream) {
    this.#message = message
    this.#stream = stream
  }

  /** The handler has been called. As in Node's server, it sees nothing of the body before. */
  start(): void {
    this.#isStarted = true
    const early = this.#early
    this.#early = undefined
    if (early !== undefined) for (const chunk of early) this.receive(chunk)
    if (this.#earlyEnd !== undefined) this.finish(this.#earlyEnd)
  }

  /** Body bytes have come. */
  receive(chunk: Buffer): void {
    if (!this.#isStarted) {
      if (this.#early === undefined) this.#early = [chunk]
      else this.#early.push(chunk)
      return
    }
    const message = this.#message
    this.#owed += chunk.length
    // A destroyed message has no use for them, and is fed on so that the sender can finish.
    if (asInternals(message)._dumped || message.destroyed) this.#isFlowing = true
    else if (!message.push(chunk)) this.#isFlowing = false
    if (this.#isFlowing) this.#giveCredit()
  }

  /** The body is whole. */
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
      // What comes when the message is complete are its trailers.
      internals._addHeaderLines(fields, fields.length)
    }
    // The same, where nobody hears of it. Most handlers never look for the body of a request that
    // has none, and telling them of its end would cost more than all else here.
    if (isUnheard(internals)) internals._readableState.ended = true
    else message.push(null)
  }

  /** The client is gone: what Node does with the requests of a connection that breaks. */
  abort(): void {
    // Its class emits the error only if somebody listens.
    this.#message.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }

  /**
   * The response is complete. As with Node, whoever has begun to read the body goes on; if nobody
   * listens to it, it is thrown away as it comes. Returns whether more of it is to be thrown away.
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

  /** The rest of the body need not come. */
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
      // As Node's own: its constructor holds reading ahead back until there is a reader.
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

/** Whether nobody reads the message or listens to it. */
function isUnheard(message: Internals): boolean {
  return (
    message._eventsCount === 0 && !message._consuming && !message._readableState.resumeScheduled
  )
}

/** Whether the message is read to its end for nobody: by `resume()` alone. */
function isDrained(message: IncomingMessage): boolean {
  const isHeard = message.listenerCount('data') > 0 || message.listenerCount('readable') > 0
  return message.readableFlowing === true && !isHeard
}

/** Where `stream.finished` looks if it is asked later. The events that nobody hears are left out. */
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
