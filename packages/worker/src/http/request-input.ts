/** The way in of a request: what Node's class would read from a socket comes from a stream. */
import type { IncomingMessage } from 'node:http'
import { type Stream, splitHeaders } from '@resumelb/protocol'

interface StreamState {
  readingMore: boolean
  ended: boolean
  endEmitted: boolean
  closed: boolean
  closeEmitted: boolean
}

/** What Node's class has and its types do not tell. */
interface Internals {
  _consuming: boolean
  readonly _readableState: StreamState
  _addHeaderLines(rawHeaders: string[], length: number): void
  _dump(): void
}

/**
 * Feeds an `IncomingMessage`. Frameworks (Express) replace its prototype by one that inherits from
 * Node's, so what is ours is here, or an own property of the message.
 *
 * Most handlers never read the body of a request that has none, and telling Node's stream of its end
 * costs more than all else here. So it is told nothing before it wants to read.
 */
export class RequestInput {
  readonly #message: IncomingMessage
  readonly #stream: Stream
  /** Body bytes that were pushed and that no reader has had yet. */
  #held = 0
  /** What came before anybody wanted to read. At most a window of it, for no credit is given. */
  #early: Buffer[] | undefined
  #isWanted = false

  constructor(message: IncomingMessage, stream: Stream) {
    this.#message = message
    this.#stream = stream
  }

  /** Body bytes have come. */
  receive(chunk: Buffer): void {
    if (this.#isWanted) this.#push(chunk)
    else if (this.#early) this.#early.push(chunk)
    else this.#early = [chunk]
  }

  /** The body is whole. */
  finish(trailers: string): void {
    const message = this.#message
    message.complete = true
    if (trailers !== '') {
      const fields = splitHeaders(trailers)
      // What comes when the message is complete are its trailers.
      asInternals(message)._addHeaderLines(fields, fields.length)
    }
    if (this.#isWanted) message.push(null)
  }

  /** The client is gone: what Node does with the requests of a connection that breaks. */
  abort(): void {
    // Its class emits the error only if somebody listens.
    this.#message.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }

  /** Throws the rest of the body away, because the response is complete and nobody will read it. */
  dump(): void {
    const message = this.#message
    if (message.readableEnded) return
    const isUnseen = this.#isWanted === false && message.complete && !isListenedTo(message)
    if (isUnseen) setOver(asInternals(message)._readableState)
    else asInternals(message)._dump()
  }

  /** Readers want more. */
  wanted(): void {
    if (this.#isWanted) this.#giveCredit()
    else this.#open()
  }

  #open(): void {
    this.#isWanted = true
    const message = this.#message
    const internals = asInternals(message)
    // As Node's own: its constructor holds reading ahead back until there is a reader.
    internals._consuming = true
    internals._readableState.readingMore = false
    const early = this.#early
    this.#early = undefined
    if (early) for (const chunk of early) this.#push(chunk)
    if (message.complete) message.push(null)
  }

  #push(chunk: Buffer): void {
    this.#held += chunk.length
    this.#message.push(chunk)
  }

  /** What readers have taken since the last time may be sent again. */
  #giveCredit(): void {
    const taken = this.#held - this.#message.readableLength
    if (taken <= 0) return
    this.#held -= taken
    this.#stream.consumed(taken)
  }
}

/** Whether somebody would notice that the message has ended. */
function isListenedTo(message: IncomingMessage): boolean {
  return message.listenerCount('end') > 0 || message.listenerCount('close') > 0
}

/** Where `stream.finished` looks if it is asked later. The events that nobody hears are left out. */
function setOver(state: StreamState): void {
  state.ended = true
  state.endEmitted = true
  state.closed = true
  state.closeEmitted = true
}

function asInternals(message: IncomingMessage): Internals {
  return message as unknown as Internals
}
