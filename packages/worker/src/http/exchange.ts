/** One request and its response: a stream of a connection on one side, a handler on the other. */
import type { ServerResponse } from 'node:http'
import {
  plainEnd,
  type Report,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type Stream,
  type StreamEnd,
  type StreamHandler,
  splitHeaders,
} from '@resumelb/protocol'
import type { RequestListener } from '../handler.ts'
import { RequestInput } from './request-input.ts'
import { RequestSocket } from './request-socket.ts'
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
  onEnd(exchange: Exchange, ending: Ending): Report | undefined
  /** The request's body is here, of so many bytes. */
  onBodyRead(exchange: Exchange, bytes: number): void
  /** The response's last byte has left, or never will. Called once, last. */
  onOver(exchange: Exchange): void
  /** The application has something to tell of its own about the request. */
  onNote(exchange: Exchange, text: string, code: string | undefined): void
  /** The application has thrown, or its promise was rejected. */
  onError(exchange: Exchange, error: unknown): void
}

/** What a worker tells a handler about a request, as `request.resumelb`. */
export interface RequestFacts {
  /** Unique among the requests of all load balancers. */
  readonly id: string
  readonly requestClass: string
  /** Writes a record into the trace log, if there is one; `code` is a character, by default `-`. */
  trace(text: string, code?: string): void
}

export class Exchange implements StreamHandler, ResponseTarget {
  readonly head: RequestHead
  readonly stream: Stream
  readonly #listener: ExchangeListener
  readonly #input: RequestInput
  readonly response: WorkerResponse
  readonly #socket: RequestSocket
  #bodyBytes = 0
  #responseBytes = 0
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
    this.stream = stream
    this.#listener = listener
    this.#socket = new RequestSocket(head, () => this.#giveUp())
    this.#input = new RequestInput(head, stream, this.#socket)
    this.response = new WorkerResponse(this.#input.message, this.#socket, this)
    const facts: RequestFacts = {
      id: head.id,
      requestClass: head.requestClass,
      trace: (text, code) => listener.onNote(this, text, code),
    }
    ;(this.#input.message as { resumelb?: RequestFacts }).resumelb = facts
    if (body !== undefined) this.onData(body)
    if (isWhole) this.onEnd(plainEnd)
  }

  /** Whether the request was given up, or its response is complete. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Calls the handler. What it throws becomes a 500, or breaks a response that has begun. */
  run(listener: RequestListener): void {
    try {
      const result = listener(this.#input.message, this.response)
      if (isPromise(result)) result.then(undefined, (error) => this.#fail(error))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    this.#input.receive(chunk)
  }

  /** Part of {@link StreamHandler}. */
  onEnd(end: StreamEnd): void {
    this.#input.finish(splitHeaders(end.trailers))
    this.#listener.onBodyRead(this, this.#bodyBytes)
  }

  /** Part of {@link StreamHandler}. */
  onReset(_code: ResetCode): void {
    this.#abort()
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    WorkerResponse.drained(this.response)
  }

  /** Part of {@link ResponseTarget}. */
  get queuedBytes(): number {
    return this.stream.queuedBytes
  }

  /** Part of {@link ResponseTarget}. */
  respond(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void {
    this.stream.respond(head, body, end)
  }

  /** Part of {@link ResponseTarget}. */
  write(chunk: Buffer): boolean {
    if (!this.#isEnded) this.#responseBytes += chunk.length
    return this.stream.write(chunk)
  }

  /** Part of {@link ResponseTarget}. */
  end(end: StreamEnd): void {
    this.stream.end(end)
  }

  /** Part of {@link ResponseTarget}. */
  onDone(status: number, trailers: string, lastBytes: number): StreamEnd {
    this.#responseBytes += lastBytes
    const report = this.#end(status < 500, status)
    return report === undefined ? { trailers } : { trailers, report }
  }

  /** Part of {@link ResponseTarget}. */
  onFinished(): void {
    this.#input.dump()
    this.#over()
  }

  #fail(error: unknown): void {
    this.#listener.onError(this, error)
    if (this.#isEnded) return
    const { response } = this
    if (response.headersSent) {
      this.#giveUp()
      return
    }
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' })
    ;(response as ServerResponse).end('Internal Server Error\n')
  }

  /** The application breaks the response off. */
  #giveUp(): void {
    this.stream.reset('FAILED')
    this.#abort()
  }

  #abort(): void {
    this.#end(false, 0)
    this.#socket.end()
    this.#input.abort()
    WorkerResponse.abort(this.response)
    this.#over()
  }

  /** `status` is 0 if the response is not whole. */
  #end(isServed: boolean, status: number): Report | undefined {
    if (this.#isEnded) return undefined
    this.#isEnded = true
    const ending = { isServed, isAbandoned: status === 0, status, bytes: this.#responseBytes }
    return this.#listener.onEnd(this, ending)
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.onOver(this)
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
