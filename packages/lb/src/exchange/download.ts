/** The response on its way to the client. */
import type { ServerResponse } from 'node:http'
import { type ResponseHead, splitHeaders } from '@resumelb/protocol'
import { type ClientHead, clientHead, fieldsOf } from './headers.ts'
import { addLines, endWithText, keepsHeadAsText, sendHead } from './node-http.ts'

/** Bodies up to this length leave as text, in one piece with the head. */
const longestText = 16 * 1024

export interface DownloadEvents {
  /** Body bytes are out of our hands, so that as many more may come. */
  onTaken(bytes: number): void
  /** The client's socket takes no more for now. */
  onHeld(): void
}

export class Download {
  readonly #response: ServerResponse
  readonly #events: DownloadEvents
  #bytesSent = 0
  /** Bytes of body that the head has announced; -1: none. */
  #announced = -1
  #mayHaveBody = true
  /** Bytes that the client's socket has not taken. */
  #held = 0

  constructor(response: ServerResponse, events: DownloadEvents) {
    this.#response = response
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
    const { status } = head
    const known = clientHead(head)
    if (known === undefined) return false
    this.#mayHaveBody = this.#response.req.method !== 'HEAD' && status !== 204 && status !== 304
    this.#announced = known.contentLength
    if (this.#mayHaveBody && wholeLength !== undefined) {
      if (this.#announced >= 0 && this.#announced !== wholeLength) return false
      if (this.#announced < 0) known.framing.push('Content-Length', String(wholeLength))
    }
    return this.#setHead(head, known)
  }

  /** Sends the head before there is any body. */
  flushHead(): void {
    sendHead(this.#response)
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
    if (this.#response.write(chunk) && this.#held === 0) this.#events.onTaken(length)
    else this.#hold(length)
    return true
  }

  /** Sets the trailer fields, a header block; false if HTTP cannot carry them. */
  addTrailers(trailers: string): boolean {
    const fields = splitHeaders(trailers)
    const pairs: [string, string][] = []
    for (let at = 0; at + 1 < fields.length; at += 2) {
      pairs.push([fields[at] as string, fields[at + 1] as string])
    }
    try {
      this.#response.addTrailers(pairs)
      return true
    } catch {
      return false
    }
  }

  /** Sends the last bytes, if there are any left, and the end. */
  end(body?: Buffer): void {
    if (body === undefined || !this.#mayHaveBody) {
      this.#response.end()
      return
    }
    this.#bytesSent += body.length
    if (body.length <= longestText) endWithText(this.#response, body.toString('latin1'))
    else this.#response.end(body)
  }

  /** Breaks the connection, so that the client cannot take what it has got for all of it. */
  breakOff(): void {
    const { req: request } = this.#response
    const { socket } = request
    const clientSeesEnd = this.#announced >= 0 || request.httpVersionMinor >= 1
    // A body that ends with its connection looks whole unless that connection is reset.
    if (clientSeesEnd || 'encrypted' in socket) socket.destroy()
    else socket.resetAndDestroy()
  }

  /** Passes an interim response on, if it is one that has a meaning for the client. */
  interim(head: ResponseHead): void {
    const { req: request } = this.#response
    if (request.httpVersionMinor < 1 || this.#response.headersSent) return
    // Node itself has sent the 100 that a client waits for.
    if (head.status === 102) this.#response.writeProcessing()
    if (head.status === 103) this.#hint(head)
  }

  #hint(head: ResponseHead): void {
    const hints: Record<string, string[]> = {}
    const fields = fieldsOf(clientHead(head)?.lines ?? '')
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const name = (fields[at] as string).toLowerCase()
      hints[name] ??= []
      hints[name].push(fields[at + 1] as string)
    }
    try {
      if (hints['link'] !== undefined) this.#response.writeEarlyHints({ link: hints['link'] })
    } catch {
      // A hint that HTTP cannot carry is left out: nothing depends on it.
    }
  }

  #setHead({ status, reason }: ResponseHead, { framing, lines }: ClientHead): boolean {
    const response = this.#response
    const isText = keepsHeadAsText(response)
    const fields = isText ? framing : [...framing, ...fieldsOf(lines)]
    try {
      if (reason === '') response.writeHead(status, fields)
      else response.writeHead(status, reason, fields)
    } catch {
      // A reason with characters that it may not have.
      return false
    }
    if (isText) addLines(response, lines)
    return true
  }

  /** No credit for these bytes before the client's socket has taken them. */
  #hold(length: number): void {
    const isFirst = this.#held === 0
    this.#held += length
    if (!isFirst) return
    this.#events.onHeld()
    this.#response.once('drain', () => {
      const taken = this.#held
      this.#held = 0
      this.#events.onTaken(taken)
    })
  }
}
