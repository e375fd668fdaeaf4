/** The request as handlers know it: Node's own class, fed by a stream of the connection. */
import { IncomingMessage } from 'node:http'
import { type RequestHead, type Stream, splitHeaders } from '@resumelb/protocol'
import type { RequestSocket } from './request-socket.ts'

/** What Node's class has and its types do not tell. */
interface Internals {
  _addHeaderLines(rawHeaders: string[], length: number): void
  _dump(): void
}

/**
 * An `IncomingMessage`, because frameworks (Express) replace its prototype by one that inherits from
 * Node's. What must be ours is therefore an own property of the instance.
 */
export class WorkerRequest extends IncomingMessage {
  readonly #stream: Stream
  /** Body bytes that came and that no reader has had yet. */
  #held = 0

  constructor(head: RequestHead, stream: Stream, socket: RequestSocket) {
    super(socket.asSocket)
    this.#stream = stream
    this.method = head.method
    this.url = head.url
    this.httpVersion = head.httpVersion
    this.httpVersionMajor = 1
    this.httpVersionMinor = head.httpVersion === '1.0' ? 0 : 1
    const rawHeaders = splitHeaders(head.headers)
    asInternals(this)._addHeaderLines(rawHeaders, rawHeaders.length)
    // An own property: it must survive a change of prototype. Node calls it when readers want more.
    this._read = () => this.#giveCredit()
  }

  /** Body bytes have come. */
  receive(chunk: Buffer): void {
    this.#held += chunk.length
    this.push(chunk)
  }

  /** The body is whole; `trailers` alternate names and values. */
  finish(trailers: readonly string[]): void {
    for (let i = 0; i < trailers.length; i += 2) {
      const name = trailers[i] as string
      const value = trailers[i + 1] ?? ''
      this.rawTrailers.push(name, value)
      this.trailers[name.toLowerCase()] = value
    }
    this.complete = true
    this.push(null)
  }

  /** Throws the rest of the body away, because the response is complete and nobody will read it. */
  static dump(request: IncomingMessage): void {
    if (!request.complete || !request.readableEnded) asInternals(request)._dump()
  }

  /** What readers have taken since the last time may be sent again. */
  #giveCredit(): void {
    const taken = this.#held - this.readableLength
    if (taken <= 0) return
    this.#held -= taken
    this.#stream.consumed(taken)
  }
}

function asInternals(request: IncomingMessage): Internals {
  return request as unknown as Internals
}
