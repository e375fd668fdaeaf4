/** The response on its way to the client. */
import { type ResponseHead, splitHeaders } from '@resumelb/protocol'
import type { Reply } from '../client/client.ts'
import { clientHead } from './response-fields.ts'

export interface DownloadEvents {
  /** Body bytes are out of our hands, so that as many more may come. */
  onTaken(bytes: number): void
  /** The client's socket takes no more for now. */
  onHeld(): void
}

export class Download {
  readonly #reply: Reply
  readonly #isHead: boolean
  readonly #events: DownloadEvents
  #bytesSent = 0
  /** Bytes of body that the head has announced; -1: none. */
  #announced = -1
  #mayHaveBody = true
  /** Bytes that the client's socket has not taken. */
  #held = 0

  /** `method` is the request's: HEAD has no body to send. */
  constructor(reply: Reply, method: string | undefined, events: DownloadEvents) {
    this.#reply = reply
    this.#isHead = method === 'HEAD'
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

  /**
   * Sets the head, which leaves with what comes next. `wholeLength` is the length of the body if all
   * of it is here. False, and nothing is set, if HTTP cannot carry that.
   */
  begin(head: ResponseHead, wholeLength?: number): boolean {
    const { status, reason } = head
    const known = clientHead(head)
    if (known === undefined) return false
    const hasBody = !this.#isHead && status !== 204 && status !== 304
    let { contentLength } = known
    if (hasBody && wholeLength !== undefined) {
      if (contentLength >= 0 && contentLength !== wholeLength) return false
      contentLength = wholeLength
    }
    this.#mayHaveBody = hasBody
    this.#announced = contentLength
    const { date, lines } = known
    return this.#reply.setHead({ status, reason, contentLength, hasBody, date, lines })
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
    return this.#reply.addTrailers(splitHeaders(trailers))
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

  /** Passes an interim response on, if it is one that has a meaning for the client. */
  interim(head: ResponseHead): void {
    const known = clientHead(head)
    if (known !== undefined) this.#reply.interim(head.status, known.lines)
  }

  /** The client's socket has taken all that was given to it: now there is credit for those bytes. */
  drained(): void {
    const taken = this.#held
    this.#held = 0
    this.#events.onTaken(taken)
  }

  #hold(length: number): void {
    const isFirst = this.#held === 0
    this.#held += length
    if (isFirst) this.#events.onHeld()
  }
}
