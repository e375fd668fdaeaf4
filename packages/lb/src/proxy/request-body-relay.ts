/** The body of a request on its way to a worker, and once more to another if need be. */
import type { Socket } from 'node:net'
import type { Clock } from '@resumelb/common'
import { joinHeaders, plainEnd, type Stream, type StreamEnd } from '@resumelb/protocol'
import type { RequestBody } from '../http/http-exchange.ts'
import { trailersOf } from '../http/trailers.ts'

/** Bytes of the longest body that is collected, to travel in one frame with the head. */
export const maxCollectedLength: number = 16 * 1024

/**
 * Bytes of a body that are kept for another worker. More than a window, so that they are all there
 * when a worker refuses a request: it has given no credit then.
 */
const maxKeptLength = 128 * 1024

/** Characters of the trailers that a worker gets. Much less than a frame holds. */
const maxTrailersLength = 64 * 1024

export interface RequestBodyRelayEvents {
  /** All of the body has come from the client. */
  onComplete(): void
  /** The worker does not take more for now, or does so again. */
  onBlocked(isBlocked: boolean): void
}

export class RequestBodyRelay {
  readonly #body: RequestBody
  readonly #events: RequestBodyRelayEvents
  /** What has come, for another worker; `undefined` once it was too much. */
  #kept: Buffer[] | undefined = []
  #keptLength = 0
  #end: StreamEnd | undefined
  #stream: Stream | undefined
  #isDiscarded = false
  /** Whether anybody has begun to read. */
  #isRead = false

  /** Nothing is read before {@link collect} or {@link sendTo}. */
  constructor(body: RequestBody, events: RequestBodyRelayEvents) {
    this.#body = body
    this.#events = events
  }

  /** Whether all of it has come from the client. */
  get isComplete(): boolean {
    return this.#end !== undefined
  }

  /** Whether the client's connection still carries it. */
  get isComing(): boolean {
    return !(this.#isDiscarded || this.#body.complete)
  }

  /** Whether all that was sent can be sent once more. */
  get canReplay(): boolean {
    return this.#kept !== undefined
  }

  /** Whether the client owes us bytes. */
  get isOwed(): boolean {
    return this.#isRead && this.#end === undefined && !this.#isDiscarded && !this.#body.isPaused()
  }

  /** Reads a short body before it is sent anywhere. */
  collect(): void {
    this.#listen()
  }

  /** The whole body, if it is short and has no trailers. */
  takeWhole(): Buffer | undefined {
    if (this.#end !== plainEnd || this.#kept === undefined) return undefined
    return this.#kept.length === 1 ? this.#kept[0] : Buffer.concat(this.#kept)
  }

  /** Sends what has come and what will come. */
  sendTo(stream: Stream): void {
    const isFirst = this.#stream === undefined
    this.#stream = stream
    let goOn = true
    for (const chunk of this.#kept ?? []) goOn = stream.write(chunk)
    if (this.#end !== undefined) return stream.end(this.#end)
    if (isFirst) this.#listen()
    else if (goOn) this.#body.resume()
    if (!goOn) this.#block()
  }

  /** The stream is over: keeps the rest until there is another. */
  hold(): void {
    if (this.#end === undefined) this.#body.pause()
  }

  /** The stream takes more. */
  drained(): void {
    if (this.#end !== undefined || this.#isDiscarded) return
    this.#body.resume()
    this.#events.onBlocked(false)
  }

  /**
   * Calls back if the worker, who has answered, takes nothing for so many milliseconds of what the
   * client has sent; as long as the client owes something, it is the client who is watched.
   */
  whenStalled(clock: Clock, patience: number, onStalled: () => void): void {
    const stream = this.#stream
    if (stream === undefined) return
    const before = this.#bytesAhead
    clock.after(patience, () => {
      if (this.#isDiscarded || stream.isOver) return
      if (this.#body.complete && this.#bytesAhead === before) onStalled()
      else this.whenStalled(clock, patience, onStalled)
    })
  }

  /** Calls back if the client's connection ends before the body does. */
  whenCut(socket: Socket, onCut: () => void): void {
    // All of it is here; its own end may have been told, and would not take the listener away.
    if (this.#body.complete) return
    const onClose = () => {
      socket.off('close', onClose)
      this.#body.off('close', onClose)
      if (!(this.#body.complete || this.#isDiscarded)) onCut()
    }
    // Node closes the message of a request that has been answered only when it has come whole.
    socket.on('close', onClose)
    this.#body.on('close', onClose)
  }

  /** Nobody wants the rest: reads it off the wire, so that the client's next request is found. */
  discard(): void {
    if (this.#isDiscarded) return
    this.#isDiscarded = true
    this.#kept = undefined
    this.#stream = undefined
    if (this.#end === undefined) this.#body.resume()
  }

  /** Bytes that have come and that the worker has not taken. */
  get #bytesAhead(): number {
    return this.#body.readableLength + (this.#stream?.queuedBytes ?? 0)
  }

  #listen(): void {
    this.#isRead = true
    this.#body.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#body.on('end', () => this.#onEnd())
    // That the client has left is told by the response; this keeps it from being thrown.
    this.#body.on('error', () => undefined)
  }

  #onData(chunk: Buffer): void {
    if (this.#isDiscarded) return
    this.#keep(chunk)
    if (this.#stream !== undefined && !this.#stream.write(chunk)) this.#block()
  }

  #onEnd(): void {
    if (this.#isDiscarded) return
    const trailers = joinHeaders(trailersOf(this.#body.rawTrailers))
    // Whoever passes a message on may leave them out (RFC 9110 §6.5.1).
    const isCarried = trailers !== '' && trailers.length <= maxTrailersLength
    this.#end = isCarried ? { trailers } : plainEnd
    this.#stream?.end(this.#end)
    this.#events.onComplete()
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return
    this.#keptLength += chunk.length
    if (this.#keptLength <= maxKeptLength) this.#kept.push(chunk)
    else this.#kept = undefined
  }

  #block(): void {
    this.#body.pause()
    this.#events.onBlocked(true)
  }
}
