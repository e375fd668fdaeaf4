/** One request and its response: between a stream of a connection and a handler. */

import type { ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import {
  fieldOf,
  plainEnd,
  type RequestHead,
  type ResetCode,
  type ResponseHead,
  type StreamEnd,
  type StreamHandler,
} from '@resumelb/protocol'
import { RequestRefusedError } from '../errors.ts'
import type { ExchangeListener, ExchangeStream } from './exchange-listener.ts'
import { type ExchangeEvent, type ExchangeState, nextExchangeState } from './exchange-state.ts'
import type { RequestListener } from './listeners.ts'
import { WorkerRequest } from './request.ts'
import { Facts, type HandlerRequest, type WithFacts } from './request-facts.ts'
import { RequestInput } from './request-input.ts'
import { RequestSocket, type SocketOwner } from './request-socket.ts'
import { WorkerResponse } from './response.ts'
import type { ResponseTarget } from './response-target.ts'

/**
 * Milliseconds for which an unread body is received and discarded after the response. Meanwhile the
 * handler can still close the client's connection, as some do to clean up after an upload.
 */
const dumpTime = 1_000

export class Exchange implements StreamHandler, ResponseTarget, SocketOwner {
  readonly head: RequestHead
  readonly #stream: ExchangeStream
  readonly #listener: ExchangeListener
  readonly #request: WorkerRequest & HandlerRequest
  readonly #input: RequestInput
  readonly #response: WorkerResponse
  readonly #socket: RequestSocket
  #bodyBytes = 0
  #responseBytes = 0
  #state: ExchangeState = 'responding'
  #isHandling = false
  #cancelDump: (() => void) | undefined

  constructor(
    stream: ExchangeStream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    listener: ExchangeListener,
  ) {
    this.head = head
    this.#stream = stream
    this.#listener = listener
    this.#socket = new RequestSocket(head, this)
    const request = new WorkerRequest(head, this.#socket.asSocket) as WorkerRequest & WithFacts
    request.resumelb = new Facts(head, listener)
    this.#request = request
    this.#input = new RequestInput(this.#request, stream)
    this.#response = new WorkerResponse(this.#request, this.#socket, this)
    if (body !== undefined) this.onData(body)
    if (isWhole) this.onEnd(plainEnd)
    else if (fieldOf(head.headers, 'expect') !== undefined) this.#askWhenWanted()
  }

  /** Whether the handler has not returned, or its promise has not settled. */
  get isHandling(): boolean {
    return this.#isHandling
  }

  /** Calls the handler. An exception becomes a 500, or aborts a response that has begun. */
  run(listener: RequestListener): void {
    this.#isHandling = true
    let result: unknown
    try {
      result = listener(this.#request, this.#response)
    } catch (error) {
      this.#input.start()
      this.#fail(error)
      return
    }
    this.#input.start()
    if (isPromise(result)) {
      result.then(
        () => this.#settle(),
        (error) => this.#fail(error),
      )
    } else this.#settle()
  }

  /** Refuses the request, instead of {@link run} or after it, so that another worker may get it. */
  refuse(code: 'REFUSED' | 'BLOCKED' | 'SELF_BLOCKED' = 'REFUSED'): void {
    if (this.#state !== 'responding') return
    this.#stream.reset(code)
    this.#abort()
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    RequestSocket.moved(this.#socket)
    this.#input.receive(chunk)
  }

  /** Part of {@link StreamHandler}. */
  onEnd(end: StreamEnd): void {
    this.#cancelDump?.()
    this.#input.finish(end.trailers)
    this.#listener.onBodyRead(this.#bodyBytes)
  }

  /** Part of {@link StreamHandler}. */
  onReset(_code: ResetCode): void {
    this.#abort()
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    RequestSocket.moved(this.#socket)
    this.#response._output.drained()
    this.#socket.asSocket.emit('drain')
  }

  /** Part of {@link SocketOwner}. */
  get local(): AddressInfo {
    return this.#listener.local
  }

  /** Part of {@link SocketOwner}. */
  get server(): Server | undefined {
    return this.#listener.server
  }

  /** Part of {@link SocketOwner}. */
  get currentResponse(): ServerResponse | null {
    return this.#state === 'responding' ? this.#response : null
  }

  /** Part of {@link SocketOwner}. */
  get bytesRead(): number {
    return this.#bodyBytes
  }

  /** Part of {@link SocketOwner}. */
  get bytesWritten(): number {
    return this.#responseBytes
  }

  /** Part of {@link SocketOwner}. */
  onResume(): void {
    this.#input.read()
  }

  /** Part of {@link SocketOwner}. */
  onDestroy(): void {
    this.#stream.reset('ABORTED')
    this.#enter('givenUp')
  }

  /** Part of {@link SocketOwner}. */
  onClose(): void {
    this.#closeBoth()
  }

  /** Part of {@link SocketOwner}. */
  onTimeout(): boolean {
    const { asSocket } = this.#socket
    // In the order of Node's server, which calls all of them.
    const isHeard = !this.#request.complete && this.#request.emit('timeout', asSocket)
    const response = this.currentResponse
    return response?.emit('timeout', asSocket) === true || isHeard
  }

  /** Part of {@link SocketOwner}. */
  onRawWrite(bytes: number): void {
    this.#listener.onError(
      new Error(
        `${bytes} bytes were written to the socket of a request, past its response: ` +
          'a worker has no connection to the client, which is closed instead',
      ),
    )
  }

  /** Part of {@link SocketOwner}. */
  after(milliseconds: number, callback: () => void): () => void {
    return this.#listener.after(milliseconds, callback)
  }

  /** Part of {@link ResponseTarget}. */
  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  /** Part of {@link ResponseTarget}. */
  respond(head: ResponseHead, body: Buffer | string | undefined, end: StreamEnd | undefined): void {
    RequestSocket.moved(this.#socket)
    this.#stream.respond(head, body, end)
    if (end === undefined && head.status >= 200) this.#listener.onResponding()
  }

  /** Part of {@link ResponseTarget}. */
  write(chunk: Buffer): boolean {
    if (this.#state === 'responding') {
      if (this.#responseBytes === 0) this.#listener.onFirstByte()
      this.#responseBytes += chunk.length
    }
    RequestSocket.moved(this.#socket)
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
    if (this.#state !== 'responding') {
      this.#listener.onSettled()
      return plainEnd
    }
    this.#responseBytes += lastBytes
    this.#enter('completed')
    const bytes = this.#responseBytes
    const isServed = status < 500
    const report = this.#listener.onEnd({ isServed, isAbandoned: false, status, bytes })
    return report === undefined ? { trailers } : { trailers, report }
  }

  /** Part of {@link ResponseTarget}. */
  onFinished(): void {
    RequestSocket.over(this.#socket)
    if (this.#input.dump()) {
      this.#cancelDump = this.#listener.after(dumpTime, () => this.#input.cancel())
    }
    this.#enter('left')
  }

  /** A client that waits for 100 Continue gets it when the handler reads the body. */
  #askWhenWanted(): void {
    const input = this.#input
    input.onWanted = () => {
      input.onWanted = undefined
      if (!this.#response.headersSent) this.#response.writeContinue()
    }
  }

  #fail(error: unknown): void {
    if (error instanceof RequestRefusedError && !this.#response.headersSent) this.refuse()
    else this.#onError(error)
    this.#settle()
  }

  #onError(error: unknown): void {
    this.#listener.onError(error)
    const isLate = this.#state !== 'responding'
    if (isLate || this.#response._output.answerFailure()) return
    this.#stream.reset('FAILED')
    this.#abort()
  }

  #settle(): void {
    this.#isHandling = false
    this.#listener.onSettled()
  }

  #abort(): void {
    this.#enter('givenUp')
    RequestSocket.closed(this.#socket)
    this.#closeBoth()
  }

  #closeBoth(): void {
    this.#cancelDump?.()
    this.#input.abort()
    this.#response._output.abort()
    this.#enter('closed')
  }

  /** Reports a request that ends without a complete response, and the end of everything, once. */
  #enter(event: ExchangeEvent): void {
    const before = this.#state
    const state = nextExchangeState(before, event)
    if (state === before) return
    this.#state = state
    if (before === 'responding' && event !== 'completed') {
      const bytes = this.#responseBytes
      this.#listener.onEnd({ isServed: false, isAbandoned: true, status: 0, bytes })
    }
    if (state === 'over') this.#listener.onOver()
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}
