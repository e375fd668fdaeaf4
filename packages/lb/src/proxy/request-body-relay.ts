/** Sends the body of a request to a worker, and again to another one for a retry. */
import type { Socket } from 'node:net'
import type { Clock } from '@resumelb/common'
import { joinHeaders, plainEnd, type StreamEnd } from '@resumelb/protocol'
import type { RequestBody } from '../http/http-exchange.ts'
import { trailersOf } from '../http/trailers.ts'
import type { WorkerStream } from '../workers/worker.ts'

/** Maximum length of a body that is collected, so that one frame holds it with the head. */
export const maxCollectedLength: number = 16 * 1024

/**
 * Maximum length of a body that is kept for a retry. More than a window, so that a worker that
 * refuses a request, and has given no credit, never has more than is kept.
 */
const maxKeptLength = 128 * 1024

/** Maximum number of characters of trailers for a worker. Much less than a frame holds. */
const maxTrailersLength = 64 * 1024

export interface RequestBodyRelayEvents {
  /** The whole body has arrived from the client. */
  onComplete(): void
  /** So many more bytes are kept, as there is no stream yet. */
  onCollected(bytes: number): void
  /** The worker accepts no more now, or accepts more again. */
  onBlocked(isBlocked: boolean): void
}

export class RequestBodyRelay {
  readonly #body: RequestBody
  readonly #events: RequestBodyRelayEvents
  /** What has arrived, for a retry; `undefined` once it was too long. */
  #kept: Buffer[] | undefined = []
  #bytesReceived = 0
  #end: StreamEnd | undefined
  #stream: WorkerStream | undefined
  #isDiscarded = false
  /** Whether reading has begun. */
  #isRead = false

  /** Reads nothing before {@link collect} or {@link sendTo}. */
  constructor(body: RequestBody, events: RequestBodyRelayEvents) {
    this.#body = body
    this.#events = events
  }

  /** Bytes that have arrived, without those that were discarded. */
  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** Whether all of it has arrived from the client. */
  get isComplete(): boolean {
    return this.#end !== undefined
  }

  /** Whether the client's connection still carries it. */
  get isComing(): boolean {
    return !(this.#isDiscarded || this.#body.complete)
  }

  /** Whether all that was sent can be sent again. */
  get canReplay(): boolean {
    return this.#kept !== undefined
  }

  /** Whether the client still has to send bytes. */
  get isOwed(): boolean {
    return this.#isRead && this.#end === undefined && !this.#isDiscarded && !this.#body.isPaused()
  }

  /** Collects the body before it is sent, or as much of it as comes until {@link sendTo}. */
  collect(): void {
    this.#listen()
  }

  /** The body that was collected, as one buffer. */
  collected(): Buffer {
    const kept = this.#kept ?? []
    if (kept.length === 1) return kept[0] as Buffer
    const whole = Buffer.concat(kept)
    this.#kept = [whole]
    return whole
  }

  /** The whole body, if it is short and has no trailers. */
  takeWhole(): Buffer | undefined {
    if (this.#end !== plainEnd || this.#kept === undefined) return undefined
    return this.collected()
  }

  /** The worker has answered: the body will not be sent again. */
  forget(): void {
    this.#kept = undefined
  }

  /** Sends what has arrived and what will arrive. */
  sendTo(stream: WorkerStream): void {
    this.#stream = stream
    let goOn = true
    for (const chunk of this.#kept ?? []) goOn = stream.write(chunk)
    if (this.#end !== undefined) return stream.end(this.#end)
    if (!this.#isRead) this.#listen()
    else if (goOn) this.#body.resume()
    if (!goOn) this.#block()
  }

  /** The stream has ended: keeps the rest until there is another one. */
  hold(): void {
    if (this.#end === undefined) this.#body.pause()
  }

  /** The stream accepts more. */
  drained(): void {
    if (this.#end !== undefined || this.#isDiscarded) return
    this.#body.resume()
    this.#events.onBlocked(false)
  }

  /**
   * Calls back if a worker that has answered accepts nothing of the received body for this number
   * of milliseconds. While the client still has to send bytes, the client is watched instead.
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
    // The body is complete; its own end may have been emitted, and would not remove the listener.
    if (this.#body.complete) return
    const onClose = () => {
      socket.off('close', onClose)
      this.#body.off('close', onClose)
      if (!(this.#body.complete || this.#isDiscarded)) onCut()
    }
    // Node closes the message of an answered request only when it is complete.
    socket.on('close', onClose)
    this.#body.on('close', onClose)
  }

  /** Discards the rest: reads it from the socket, so that the client's next request is found. */
  discard(): void {
    if (this.#isDiscarded) return
    this.#isDiscarded = true
    this.#kept = undefined
    this.#stream = undefined
    if (this.#end === undefined) this.#body.resume()
  }

  /** Received bytes that the worker has not accepted. */
  get #bytesAhead(): number {
    return this.#body.readableLength + (this.#stream?.queuedBytes ?? 0)
  }

  #listen(): void {
    this.#isRead = true
    this.#body.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#body.on('end', () => this.#onEnd())
    // The response reports that the client has disconnected; this keeps the error from being
    // thrown.
    this.#body.on('error', () => undefined)
  }

  #onData(chunk: Buffer): void {
    if (this.#isDiscarded) return
    this.#bytesReceived += chunk.length
    this.#keep(chunk)
    if (this.#stream === undefined) this.#events.onCollected(chunk.length)
    else if (!this.#stream.write(chunk)) this.#block()
  }

  #onEnd(): void {
    if (this.#isDiscarded) return
    const trailers = joinHeaders(trailersOf(this.#body.rawTrailers))
    // A proxy may drop trailers (RFC 9110 §6.5.1).
    const isCarried = trailers !== '' && trailers.length <= maxTrailersLength
    this.#end = isCarried ? { trailers } : plainEnd
    this.#stream?.end(this.#end)
    this.#events.onComplete()
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return
    const isSent = this.#stream !== undefined
    if (!isSent || this.#bytesReceived <= maxKeptLength) this.#kept.push(chunk)
    else this.#kept = undefined
  }

  #block(): void {
    this.#body.pause()
    this.#events.onBlocked(true)
  }
}
