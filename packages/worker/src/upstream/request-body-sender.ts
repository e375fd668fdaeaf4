/** Sends the body of a request to the server behind, no faster than that takes it. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@resumelb/common'
import type { Connection } from './connection.ts'
import { isToken, isValue } from './fields.ts'
import type { UpstreamRequestHead } from './request-head.ts'

/** Milliseconds for which a server that knows nothing of `Expect` is given the time to answer. */
const continueTimeout = 1_000

export class RequestBodySender {
  readonly #request: IncomingMessage
  readonly #connection: Connection
  readonly #isChunked: boolean
  #isStarted = false
  #isStopped = false
  #isSent = false
  /** Bytes of a body of a told length that have not come. */
  #left: number
  #cancelWait: (() => void) | undefined

  constructor(request: IncomingMessage, connection: Connection, head: UpstreamRequestHead) {
    this.#request = request
    this.#connection = connection
    this.#isChunked = head.body === 'chunked'
    this.#left = head.length
  }

  /** Whether all of it has been given to the socket. */
  get isSent(): boolean {
    return this.#isSent
  }

  /**
   * Begins to send. With a clock, the server is asked first: then {@link proceed} begins, or the end
   * of a second, since not all servers know of that.
   */
  start(clock: Clock | undefined): void {
    if (clock === undefined) this.proceed()
    else this.#cancelWait = clock.after(continueTimeout, () => this.proceed())
  }

  /** The server wants it. */
  proceed(): void {
    this.#cancelWait?.()
    if (this.#isStarted || this.#isStopped) return
    this.#isStarted = true
    const request = this.#request
    request.on('data', this.#onData)
    request.on('end', this.#onEnd)
  }

  /** The socket takes more. */
  drained(): void {
    if (this.#isStarted && !this.#isStopped) this.#request.resume()
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isStopped = true
    this.#cancelWait?.()
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
  }

  readonly #onData = (chunk: Buffer): void => {
    const connection = this.#connection
    // An empty chunk would be taken for the last one.
    if (chunk.length === 0) return
    const goOn = this.#isChunked ? connection.writeChunk(chunk) : connection.write(chunk)
    if (!goOn) this.#request.pause()
    this.#left -= chunk.length
    // Its end may be told later than the server answers.
    if (!this.#isChunked && this.#left === 0) this.#isSent = true
  }

  readonly #onEnd = (): void => {
    this.#isSent = true
    if (this.#isChunked) this.#connection.writeText(`0\r\n${this.#trailerLines()}\r\n`)
  }

  #trailerLines(): string {
    const { rawTrailers } = this.#request
    let lines = ''
    for (let at = 0; at < rawTrailers.length; at += 2) {
      const name = rawTrailers[at] as string
      const value = rawTrailers[at + 1] as string
      if (isToken(name) && isValue(value)) lines += `${name}: ${value}\r\n`
    }
    return lines
  }
}
