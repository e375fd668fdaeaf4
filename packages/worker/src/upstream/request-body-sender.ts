/** Sends the body of a request to the server behind, no faster than that takes it. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@resumelb/common'
import { type Connection, isToken, isValue, type UpstreamRequestHead } from '@resumelb/upstream'

/** Milliseconds for which a server that knows nothing of `Expect` is given the time to answer. */
const continueTimeout = 1_000

/** Milliseconds for which a server that has answered may take nothing of the rest of a body. */
const restTimeout = 60_000

interface RestOfBody {
  readonly clock: Clock
  readonly onOver: (isSent: boolean) => void
}

export class RequestBodySender {
  readonly #request: IncomingMessage
  readonly #connection: Connection
  readonly #isChunked: boolean
  #isStarted = false
  #isStopped = false
  #isSent = false
  /** Whether the socket takes nothing for now. */
  #isBlocked = false
  /** Bytes of a body of a told length that have not come. */
  #left: number
  #cancelWait: (() => void) | undefined
  /** What is waited for when only the rest of the body is left to do. */
  #rest: RestOfBody | undefined

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
    if (!this.#isStarted || this.#isStopped) return
    this.#isBlocked = false
    this.#cancelWait?.()
    this.#request.resume()
  }

  /**
   * The response is whole, and the server may read on. Calls back once: with true when all has been
   * given to the socket, with false if the client leaves before, or the server takes nothing for
   * {@link restTimeout}.
   */
  sendRest(clock: Clock, onOver: (isSent: boolean) => void): void {
    this.#rest = { clock, onOver }
    this.#request.on('close', this.#onClose)
    if (this.#isBlocked) this.#awaitDrain(clock)
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isStopped = true
    this.#cancelWait?.()
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
    this.#request.off('close', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    const connection = this.#connection
    // An empty chunk would be taken for the last one.
    if (chunk.length === 0) return
    const goOn = this.#isChunked ? connection.writeChunk(chunk) : connection.write(chunk)
    this.#left -= chunk.length
    // Its end may be told later than the server answers.
    if (!this.#isChunked && this.#left === 0) this.#onSent()
    else if (!goOn) this.#block()
  }

  readonly #onEnd = (): void => {
    if (this.#isChunked) this.#connection.writeText(`0\r\n${this.#trailerLines()}\r\n`)
    this.#onSent()
  }

  readonly #onClose = (): void => this.#restIsOver(false)

  #onSent(): void {
    if (this.#isSent) return
    this.#isSent = true
    this.#restIsOver(true)
  }

  #restIsOver(isSent: boolean): void {
    const rest = this.#rest
    if (rest === undefined) return
    this.stop()
    rest.onOver(isSent)
  }

  #block(): void {
    this.#isBlocked = true
    this.#request.pause()
    if (this.#rest !== undefined) this.#awaitDrain(this.#rest.clock)
  }

  #awaitDrain(clock: Clock): void {
    this.#cancelWait = clock.after(restTimeout, () => this.#restIsOver(false))
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
