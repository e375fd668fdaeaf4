/** The response on its way to the client. */
import type { ResponseHead } from '@resumelb/protocol'
import type { Reply } from '../http/client.ts'
import { clientHead, trailerLines } from '../http/response-fields.ts'

export interface ResponseRelayEvents {
  /** Body bytes are out of our hands, so that as many more may come. */
  onTaken(bytes: number): void
  /** The client's socket takes no more for now. */
  onHeld(): void
}

export class ResponseRelay {
  readonly #reply: Reply
  readonly #isHead: boolean
  readonly #sendsVia: boolean
  readonly #events: ResponseRelayEvents
  #bytesSent = 0
  /** Bytes of body that the head has announced; -1: none. */
  #announced = -1
  #mayHaveBody = true
  /** Bytes that the client's socket has not taken. */
  #held = 0

  /** `method` is the request's: HEAD has no body to send. */
  constructor(
    reply: Reply,
    method: string | undefined,
    sendsVia: boolean,
    events: ResponseRelayEvents,
  ) {
    this.#reply = reply
    this.#isHead = method === 'HEAD'
    this.#sendsVia = sendsVia
    this.#events = events
  }

  /** Whether the client takes nothing for now of what was given to its socket. */
  get isBlocked(): boolean {
    return this.#held > 0
  }

  /** Body bytes that were given to the client's socket. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Whether the body that was sent is as long as its head says. */
  get isComplete(): boolean {
    return !this.#mayHaveBody || this.#announced < 0 || this.#announced === this.#bytesSent
  }

  /** Sets the head of a response that goes on. False, and nothing is set, if HTTP cannot carry that. */
  begin(head: ResponseHead): boolean {
    return this.#setHead(head, undefined, false)
  }

  /**
   * Sets the head of a response whose body has so many bytes and is here. With trailers, that is not
   * told: only a chunked body can have them. False, and nothing is set, if HTTP cannot carry that.
   */
  beginWhole(head: ResponseHead, length: number, hasTrailers: boolean): boolean {
    return this.#setHead(head, length, !hasTrailers)
  }

  /** Sends the next bytes of the body; false if they are more than the head has announced. */
  write(chunk: Buffer): boolean {
    const { length } = chunk
    if (!this.#mayHaveBody) {
      this.#events.onTaken(length)
      return true
    }
    this.#bytesSent += length
    if (this.#announced >= 0 && this.#bytesSent > this.#announced) return false
    if (this.#reply.write(chunk) && this.#held === 0) this.#events.onTaken(length)
    else this.#hold(length)
    return true
  }

  /** Sets the trailer fields, a header block; false if HTTP cannot carry them. */
  addTrailers(trailers: string): boolean {
    const lines = trailerLines(trailers)
    if (lines !== undefined) this.#reply.addTrailers(lines)
    return lines !== undefined
  }

  /** Sends the last bytes, if there are any left, and the end. */
  end(body?: Buffer): void {
    if (body === undefined || !this.#mayHaveBody) {
      this.#reply.end()
    } else {
      this.#bytesSent += body.length
      this.#reply.end(body)
    }
  }

  /** Passes an interim response on (1xx, but 100 and 101), if HTTP can carry it. */
  interim(head: ResponseHead): void {
    if (this.#reply.hasBegun) return
    const known = clientHead(head, false)
    if (known !== undefined) this.#reply.interim(head.status, head.reason, known.lines)
  }

  /** The client's socket has taken all that was given to it: now there is credit for those bytes. */
  drained(): void {
    const taken = this.#held
    this.#held = 0
    this.#events.onTaken(taken)
  }

  #setHead(head: ResponseHead, length: number | undefined, tellsLength: boolean): boolean {
    const { status, reason } = head
    const known = clientHead(head, this.#sendsVia)
    if (known === undefined) return false
    const hasBody = !this.#isHead && status !== 204 && status !== 304
    // RFC 9110 §8.6.
    let contentLength = status === 204 ? -1 : known.contentLength
    if (hasBody && length !== undefined) {
      if (contentLength >= 0 && contentLength !== length) return false
      if (tellsLength) contentLength = length
    }
    this.#mayHaveBody = hasBody
    this.#announced = contentLength
    const { date, isLast, lines } = known
    if (isLast) this.#reply.closeAfter()
    this.#reply.setHead({ status, reason, contentLength, hasBody, date, lines })
    return true
  }

  #hold(length: number): void {
    const isFirst = this.#held === 0
    this.#held += length
    if (isFirst) this.#events.onHeld()
  }
}
