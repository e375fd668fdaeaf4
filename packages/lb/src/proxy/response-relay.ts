/** Sends the response to the client. */
import type { ResponseHead } from '@resumelb/protocol'
import type { HttpExchange } from '../http/http-exchange.ts'
import { noOwnFields, type OwnFields } from '../http/own-fields.ts'
import { clientFields, clientTrailers } from '../http/response-fields.ts'

export interface ResponseRelayEvents {
  /** Body bytes have been sent, so the worker may send as many more. */
  onTaken(bytes: number): void
  /** The client's connection accepts no more now. */
  onClientBlocked(): void
}

export class ResponseRelay {
  readonly #http: HttpExchange
  readonly #isHead: boolean
  readonly #own: OwnFields
  readonly #id: string
  /** Lines of our own for the head, each with its CR LF; set before the head is. */
  ownLines = ''
  readonly #events: ResponseRelayEvents
  #bytesSent = 0
  /** Announced length of the body; -1: none. */
  #announced = -1
  #mayHaveBody = true
  /** Bytes that the client's socket has not accepted. */
  #held = 0

  /** `id` is that of the request. */
  constructor(http: HttpExchange, own: OwnFields, id: string, events: ResponseRelayEvents) {
    this.#http = http
    this.#isHead = http.request.method === 'HEAD'
    this.#own = own
    this.#id = id
    this.#events = events
  }

  /** Whether the client's socket accepts no more now. */
  get isBlocked(): boolean {
    return this.#held > 0
  }

  /** Body bytes that were given to the client's socket. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Counts the body of a response that comes from here instead of a worker. */
  countOwnBody(length: number): void {
    this.#bytesSent = length
  }

  /** Whether the sent body is as long as its head says. */
  get isComplete(): boolean {
    return !this.#mayHaveBody || this.#announced < 0 || this.#announced === this.#bytesSent
  }

  /**
   * Sets the head of a response that goes on. False, and nothing is set, if HTTP cannot carry that.
   */
  begin(head: ResponseHead): boolean {
    return this.#setHead(head, undefined, false)
  }

  /**
   * Sets the head of a response whose body has so many bytes and is here, and its trailers, a
   * header block. With trailers the length is not announced: only a chunked body can have them.
   * False if HTTP cannot carry that.
   */
  beginWhole(head: ResponseHead, length: number, trailers: string): boolean {
    return this.#setHead(head, length, trailers === '') && this.addTrailers(trailers)
  }

  /** Sends the next bytes of the body; false if they exceed the announced length. */
  write(chunk: Buffer): boolean {
    const { length } = chunk
    if (!this.#mayHaveBody) {
      this.#events.onTaken(length)
      return true
    }
    this.#bytesSent += length
    if (this.#announced >= 0 && this.#bytesSent > this.#announced) return false
    if (this.#http.write(chunk) && this.#held === 0) this.#events.onTaken(length)
    else this.#hold(length)
    return true
  }

  /** Sets the trailer fields, a header block; false if they are invalid. */
  addTrailers(trailers: string): boolean {
    if (trailers === '') return true
    const fields = clientTrailers(trailers)
    if (fields !== undefined) this.#http.addTrailers(fields)
    return fields !== undefined
  }

  /** Sends the rest of the body, if any, and the end. */
  end(body?: Buffer): void {
    if (body === undefined || !this.#mayHaveBody) {
      this.#http.end()
    } else {
      this.#bytesSent += body.length
      this.#http.end(body)
    }
  }

  /** Passes on an interim response (1xx, except 100 and 101) if it is valid. */
  interim(head: ResponseHead): void {
    if (this.#http.hasBegun) return
    const fields = clientFields(head, noOwnFields, '')
    if (fields !== undefined) this.#http.interim(head.status, head.reason, fields)
  }

  /**
   * The client's socket has taken all that was given to it: now there is credit for those bytes.
   */
  drained(): void {
    const taken = this.#held
    this.#held = 0
    this.#events.onTaken(taken)
  }

  #setHead(head: ResponseHead, length: number | undefined, tellsLength: boolean): boolean {
    const { status, reason } = head
    const fields = clientFields(head, this.#own, this.#id, this.ownLines)
    if (fields === undefined) return false
    const hasBody = !this.#isHead && status !== 204 && status !== 304
    // RFC 9110 §8.6.
    let contentLength = status === 204 ? -1 : fields.contentLength
    if (hasBody && length !== undefined) {
      if (contentLength >= 0 && contentLength !== length) return false
      if (tellsLength) contentLength = length
    }
    this.#mayHaveBody = hasBody
    this.#announced = contentLength
    if (fields.isLast) this.#http.closeAfter()
    this.#http.setHead({ status, reason, contentLength, hasBody, fields })
    return true
  }

  #hold(length: number): void {
    const isFirst = this.#held === 0
    this.#held += length
    if (isFirst) this.#events.onClientBlocked()
  }
}
