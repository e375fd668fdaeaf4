/** The way in of a request: what Node's class would read from a socket comes from a stream. */
import { IncomingMessage } from 'node:http'
import { type RequestHead, type Stream, splitHeaders } from '@resumelb/protocol'
import type { RequestSocket } from './request-socket.ts'

/** What Node's class has and its types do not tell. */
interface Internals {
  _consumed: boolean
  readonly _readableState: { readingMore: boolean }
  _addHeaderLines(rawHeaders: string[], length: number): void
  _dump(): void
}

/**
 * Makes an `IncomingMessage` and feeds it. Frameworks (Express) replace its prototype by one that
 * inherits from Node's, so what is ours is here, or an own property of the message.
 */
export class RequestInput {
  readonly message: IncomingMessage
  readonly #stream: Stream
  /** Body bytes that came and that no reader has had yet. */
  #held = 0

  constructor(head: RequestHead, stream: Stream, socket: RequestSocket) {
    const message = new IncomingMessage(socket.asSocket)
    this.message = message
    this.#stream = stream
    message.method = head.method
    message.url = head.url
    message.httpVersion = head.httpVersion
    message.httpVersionMajor = 1
    message.httpVersionMinor = head.httpVersion === '1.0' ? 0 : 1
    const rawHeaders = splitHeaders(head.headers)
    asInternals(message)._addHeaderLines(rawHeaders, rawHeaders.length)
    // Node calls it when readers want more.
    message._read = () => this.#onWanted()
  }

  /** Body bytes have come. */
  receive(chunk: Buffer): void {
    this.#held += chunk.length
    this.message.push(chunk)
  }

  /** The body is whole; `trailers` alternate names and values. */
  finish(trailers: string[]): void {
    const { message } = this
    message.complete = true
    // What comes when the message is complete are its trailers.
    asInternals(message)._addHeaderLines(trailers, trailers.length)
    message.push(null)
  }

  /** The client is gone: what Node does with the requests of a connection that breaks. */
  abort(): void {
    // Its class emits the error only if somebody listens.
    this.message.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }

  /** Throws the rest of the body away, because the response is complete and nobody will read it. */
  dump(): void {
    if (!this.message.readableEnded) asInternals(this.message)._dump()
  }

  #onWanted(): void {
    const message = asInternals(this.message)
    // As Node's own: its constructor holds reading ahead back until there is a reader.
    if (!message._consumed) {
      message._consumed = true
      message._readableState.readingMore = false
    }
    this.#giveCredit()
  }

  /** What readers have taken since the last time may be sent again. */
  #giveCredit(): void {
    const taken = this.#held - this.message.readableLength
    if (taken <= 0) return
    this.#held -= taken
    this.#stream.consumed(taken)
  }
}

function asInternals(message: IncomingMessage): Internals {
  return message as unknown as Internals
}
