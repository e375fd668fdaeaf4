/** One request and its response: a stream of a connection on one side, a handler on the other. */
import {
  fieldOf,
  plainEnd,
  type Report,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type Stream,
  type StreamEnd,
  type StreamHandler,
} from '@resumelb/protocol'
import { RequestRefusedError } from '../errors.ts'
import type { RequestListener } from '../handler.ts'
import { WorkerRequest } from './request.ts'
import { RequestSocket, type SocketOwner } from './request-socket.ts'
import { WorkerResponse } from './response.ts'
import type { ResponseTarget } from './response-output.ts'

/** How an exchange ended. */
export interface Ending {
  /** A whole response that is not a 5xx. */
  readonly isServed: boolean
  /** The client left, or the connection broke, before the response was whole. */
  readonly isAbandoned: boolean
  /** Of the response; 0 if none was written. */
  readonly status: number
  /** Body bytes of the response. */
  readonly bytes: number
}

/** Who is told how an exchange goes. */
export interface ExchangeListener {
  /** The handler has finished its response, or the request was given up. Called once. */
  onEnd(ending: Ending): Report | undefined
  /**
   * The handler has returned, or its promise has settled; or it has ended a response that nobody
   * waits for any more.
   */
  onSettled(): void
  /** The request's body is here, of so many bytes. */
  onBodyRead(bytes: number): void
  /** The response's last byte has left, or never will. Called once, last. */
  onOver(): void
  /** The application has something to tell of its own about the request. */
  onNote(text: string, code: string | undefined): void
  /** The application has thrown, or its promise was rejected, or its response cannot be. */
  onError(error: unknown): void
}

/** What a worker tells a handler about a request, as `request.resumelb`. */
export interface RequestFacts {
  /** Unique among the requests of all load balancers. */
  readonly id: string
  readonly requestClass: string
  /** Writes a record into the trace log, if there is one; `code` is a character, by default `-`. */
  trace(text: string, code?: string): void
}

export class Exchange implements StreamHandler, ResponseTarget, SocketOwner {
  readonly head: RequestHead
  readonly #stream: Stream
  readonly #listener: ExchangeListener
  readonly #request: WorkerRequest
  readonly #response: WorkerResponse
  readonly #socket: RequestSocket
  #bodyBytes = 0
  #responseBytes = 0
  #isHandling = false
  #isEnded = false
  #isOver = false

  constructor(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    listener: ExchangeListener,
  ) {
    this.head = head
    this.#stream = stream
    this.#listener = listener
    this.#socket = new RequestSocket(head, this)
    this.#request = new WorkerRequest(head, stream, this.#socket)
    this.#response = new WorkerResponse(this.#request, this.#socket, this)
    ;(this.#request as { resumelb?: RequestFacts }).resumelb = new Facts(head, listener)
    if (body !== undefined) this.onData(body)
    if (isWhole) this.onEnd(plainEnd)
    else if (fieldOf(head.headers, 'expect') !== undefined) this.#askWhenWanted()
  }

  /** Whether the handler has not returned, or its promise has not settled. */
  get isHandling(): boolean {
    return this.#isHandling
  }

  /** Calls the handler. What it throws becomes a 500, or breaks a response that has begun. */
  run(listener: RequestListener): void {
    this.#isHandling = true
    let result: unknown
    try {
      result = listener(this.#request, this.#response)
    } catch (error) {
      this.#request._input.start()
      this.#fail(error)
      return
    }
    this.#request._input.start()
    if (isPromise(result)) {
      result.then(
        () => this.#settle(),
        (error) => this.#fail(error),
      )
    } else this.#settle()
  }

  /** Instead of {@link run}: nobody has looked at the request, so that another worker may have it. */
  refuse(): void {
    this.#stream.reset('REFUSED')
    this.#abort()
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    this.#request._input.receive(chunk)
  }

  /** Part of {@link StreamHandler}. */
  onEnd(end: StreamEnd): void {
    this.#request._input.finish(end.trailers)
    this.#listener.onBodyRead(this.#bodyBytes)
  }

  /** Part of {@link StreamHandler}. */
  onReset(_code: ResetCode): void {
    this.#abort()
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    this.#response._output.drained()
  }

  /** Part of {@link SocketOwner}: the application breaks the response off. */
  giveUp(): void {
    this.#stream.reset('FAILED')
    this.#abort()
  }

  /** Part of {@link ResponseTarget}. */
  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  /** Part of {@link ResponseTarget}. */
  respond(head: ResponseHead, body: Buffer | string | undefined, end: StreamEnd | undefined): void {
    this.#stream.respond(head, body, end)
  }

  /** Part of {@link ResponseTarget}. */
  write(chunk: Buffer): boolean {
    if (!this.#isEnded) this.#responseBytes += chunk.length
    return this.#stream.write(chunk)
  }

  /** Part of {@link ResponseTarget}. */
  end(end: StreamEnd): void {
    this.#stream.end(end)
  }

  /** Part of {@link ResponseTarget}. */
  onMistake(error: unknown): void {
    this.#listener.onError(error)
  }

  /** Part of {@link ResponseTarget}. */
  onDone(status: number, trailers: string, lastBytes: number): StreamEnd {
    if (this.#isEnded) {
      this.#listener.onSettled()
      return plainEnd
    }
    this.#responseBytes += lastBytes
    const report = this.#end(status < 500, status)
    return report === undefined ? { trailers } : { trailers, report }
  }

  /** Part of {@link ResponseTarget}. */
  onFinished(): void {
    this.#request._input.dump()
    this.#over()
  }

  /** A client that waits for a word is told to send its body when the handler reads it. */
  #askWhenWanted(): void {
    const input = this.#request._input
    input.onWanted = () => {
      input.onWanted = undefined
      if (!this.#response.headersSent) this.#response.writeContinue()
    }
  }

  #fail(error: unknown): void {
    if (error instanceof RequestRefusedError && !this.#response.headersSent) this.#refuse()
    else this.#onError(error)
    this.#settle()
  }

  /** Another worker may have the request. */
  #refuse(): void {
    if (this.#isEnded) return
    this.#stream.reset('REFUSED')
    this.#abort()
  }

  #onError(error: unknown): void {
    this.#listener.onError(error)
    if (!this.#isEnded && !this.#response._output.answerFailure()) this.giveUp()
  }

  #settle(): void {
    this.#isHandling = false
    this.#listener.onSettled()
  }

  #abort(): void {
    this.#end(false, 0)
    this.#socket.end()
    this.#request._input.abort()
    this.#response._output.abort()
    this.#over()
  }

  /** `status` is 0 if the response is not whole. */
  #end(isServed: boolean, status: number): Report | undefined {
    if (this.#isEnded) return undefined
    this.#isEnded = true
    const ending = { isServed, isAbandoned: status === 0, status, bytes: this.#responseBytes }
    return this.#listener.onEnd(ending)
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.onOver()
  }
}

class Facts implements RequestFacts {
  readonly #head: RequestHead
  readonly #listener: ExchangeListener

  constructor(head: RequestHead, listener: ExchangeListener) {
    this.#head = head
    this.#listener = listener
  }

  get id(): string {
    return this.#head.id
  }

  get requestClass(): string {
    return this.#head.requestClass
  }

  trace(text: string, code?: string): void {
    this.#listener.onNote(text, code)
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
