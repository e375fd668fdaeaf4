/**
 * A request for an upgrade: a stream of a connection on one side, a listener of the application's
 * on the other, which gets a socket, answers in HTTP/1.1 on it, and goes on in the protocol of its
 * choice.
 */
import { Buffer } from 'node:buffer'
import type { AddressInfo, Server, Socket } from 'node:net'
import {
  joinHeaders,
  type RequestHead,
  type ResetCode,
  type Stream,
  type StreamHandler,
  upgradeOf,
  withUpgrade,
} from '@resumelb/protocol'
import { ResponseParser, type UpstreamResponseHead } from '@resumelb/upstream'
import { RequestRefusedError } from '../errors.ts'
import type { ExchangeListener } from '../http/exchange-listener.ts'
import type { UpgradeListener } from '../http/listeners.ts'
import { WorkerRequest } from '../http/request.ts'
import { Facts, type HandlerRequest, type WithFacts } from '../http/request-facts.ts'
import { respondShortly } from './short-response.ts'
import { UpgradeSocket, type UpgradeSocketOwner } from './upgrade-socket.ts'

/**
 * Bytes that count as sent although they wait for their turn: about what the kernel takes at once
 * of a socket. Applications see such bytes in `writableLength` and count on it that there are none.
 */
const kernelLength = 16 * 1024

/** Milliseconds that those bytes have to leave after the application has destroyed its socket. */
const lastBytesTime = 1_000

type Callback = (error?: Error | null) => void

export class UpgradeExchange implements StreamHandler, UpgradeSocketOwner {
  readonly #head: RequestHead
  readonly #stream: Stream
  readonly #listener: ExchangeListener
  readonly #socket: UpgradeSocket
  readonly #request: WorkerRequest & HandlerRequest
  /** Reads what the application writes: first the head of its response. */
  readonly #parser: ResponseParser
  /** Status of the response; 0 while none has been written. */
  #status = 0
  #bytes = 0
  /** Bytes that have come and for which no credit was given. */
  #owed = 0
  /** The response is no upgrade, and whole. */
  #isRefused = false
  #isHandling = false
  #isOver = false
  /** Called when all that was written has left. */
  #onDrained: Callback | undefined

  constructor(stream: Stream, head: RequestHead, listener: ExchangeListener) {
    this.#stream = stream
    this.#head = head
    this.#listener = listener
    this.#socket = new UpgradeSocket(head, this)
    this.#socket.once('close', () => this.#over())
    // An application that has not got it yet, or listens to no errors, is no reason to end the
    // process.
    this.#socket.on('error', () => undefined)
    const request = new WorkerRequest(head, this.#socket as unknown as Socket) as WorkerRequest &
      WithFacts
    request.resumelb = new Facts(head, listener)
    Object.assign(request, { upgrade: true, complete: true })
    request.push(null)
    this.#request = request
    const events = {
      onHead: (response: UpstreamResponseHead) => this.#onHead(response),
      onBody: (piece: Buffer) => this.#onBody(piece),
      onEnd: (trailers: readonly string[]) => this.#onResponseEnd(trailers),
    }
    this.#parser = new ResponseParser(head.method, events, true)
  }

  /** Whether the listener's promise has not settled. */
  get isHandling(): boolean {
    return this.#isHandling
  }

  /** Calls the application. What it throws becomes a 500, or closes the connection. */
  run(listener: UpgradeListener): void {
    this.#isHandling = true
    let result: unknown
    try {
      result = listener(this.#request, this.#socket, Buffer.alloc(0))
    } catch (error) {
      this.#fail(error)
      return
    }
    Promise.resolve(result).then(
      () => this.#settle(),
      (error) => this.#fail(error),
    )
  }

  /** Gives the request back, so that another worker may have it. */
  refuse(code: 'REFUSED' | 'BLOCKED' | 'SELF_BLOCKED' = 'REFUSED'): void {
    if (this.#status > 0 || this.#stream.isOver) return
    this.#stream.reset(code)
    this.#socket.destroy()
  }

  /** The worker goes out of service: ends the upgraded connection, so that its client connects again. */
  goAway(): void {
    if (!this.#stream.isOver) this.#stream.reset('REFUSED')
    this.#socket.destroy()
  }

  /** Part of {@link StreamHandler}. */
  onData(chunk: Buffer): void {
    this.#owed += chunk.length
    if (this.#socket.destroyed || this.#socket.receive(chunk)) this.onRead()
  }

  /** Part of {@link StreamHandler}. */
  onEnd(): void {
    this.#socket.finish()
  }

  /** Part of {@link StreamHandler}: the client, or the connection to it, is gone. */
  onReset(_code: ResetCode): void {
    this.#socket.destroy()
  }

  /** Part of {@link StreamHandler}. */
  onDrain(): void {
    this.#socket.moved()
    const callback = this.#onDrained
    this.#onDrained = undefined
    callback?.()
  }

  /** Part of {@link UpgradeSocketOwner}. */
  get local(): AddressInfo {
    return this.#listener.local
  }

  /** Part of {@link UpgradeSocketOwner}. */
  get server(): Server | undefined {
    return this.#listener.server
  }

  /** Part of {@link UpgradeSocketOwner}. */
  after(milliseconds: number, callback: () => void): () => void {
    return this.#listener.after(milliseconds, callback)
  }

  /** Part of {@link UpgradeSocketOwner}. */
  onRead(): void {
    const owed = this.#owed
    this.#owed = 0
    if (owed > 0) this.#stream.consumed(owed)
  }

  /** Part of {@link UpgradeSocketOwner}. */
  onWrite(bytes: Buffer, callback: Callback): void {
    try {
      this.#parser.read(bytes)
    } catch (error) {
      this.#onMistake(error)
      return callback(error as Error)
    }
    this.#afterDrain(callback)
  }

  /** Part of {@link UpgradeSocketOwner}. */
  onFinish(callback: Callback): void {
    try {
      this.#parser.finish()
      this.#afterDrain(callback)
    } catch (error) {
      // Without a response, which closes the client's connection, or in the middle of one.
      if (this.#status > 0) this.#onMistake(error)
      this.#abort()
      callback()
      this.#socket.destroy()
    }
  }

  /** Part of {@link UpgradeSocketOwner}. */
  onDestroy(): void {
    const callback = this.#onDrained
    this.#onDrained = undefined
    callback?.()
    if (this.#isRefused) return
    // A response that ends with its connection has ended.
    if (this.#status >= 200 && this.#parser.head?.body === 'close') this.#parser.finish()
    else if (this.#stream.queuedBytes === 0 || callback !== undefined) this.#abort()
    else {
      // What was written before has left a socket by then.
      this.#onDrained = () => this.#abort()
      this.#listener.after(lastBytesTime, () => this.#abort())
    }
  }

  #onHead({ status, reason = '', fields, upgrade }: UpstreamResponseHead): void {
    const headers = joinHeaders(fields)
    if (status !== 101) {
      if (status >= 200) this.#status = status
      return this.#stream.respond({ status, reason, headers })
    }
    this.#status = status
    const protocol = upgrade ?? upgradeOf(this.#head.headers) ?? ''
    this.#stream.respond({ status, reason, headers: withUpgrade(headers, protocol) })
    this.#listener.onUpgraded()
  }

  #onBody(piece: Buffer): void {
    this.#bytes += piece.length
    this.#stream.write(piece)
  }

  /** The response is whole, or the application has ended its side of the connection. */
  #onResponseEnd(fields: readonly string[]): void {
    if (this.#status === 101) return this.#stream.end()
    this.#isRefused = true
    const [status, bytes, isServed] = [this.#status, this.#bytes, this.#status < 500]
    const report = this.#listener.onEnd({ isServed, isAbandoned: false, status, bytes })
    const trailers = joinHeaders(fields)
    this.#stream.end(report === undefined ? { trailers } : { trailers, report })
    // Nothing can follow, and not every application ends what it has got.
    setImmediate(() => this.#socket.destroySoon())
  }

  #abort(): void {
    if (!this.#stream.isOver) this.#stream.reset('ABORTED')
  }

  #settle(): void {
    this.#isHandling = false
    this.#listener.onSettled()
  }

  #fail(error: unknown): void {
    if (error instanceof RequestRefusedError && this.#status === 0) this.refuse()
    else {
      this.#listener.onError(error)
      if (this.#status > 0 || this.#socket.destroyed) this.#socket.destroy()
      else respondShortly(this.#socket, '500 Internal Server Error')
    }
    this.#settle()
  }

  /** The application has written what is no response. */
  #onMistake(error: unknown): void {
    this.#listener.onError(error)
  }

  #afterDrain(callback: Callback): void {
    if (this.#stream.queuedBytes > kernelLength) this.#onDrained = callback
    else callback()
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.#isRefused) {
      const isAbandoned = this.#status !== 101
      const ending = {
        isServed: !isAbandoned,
        isAbandoned,
        status: this.#status,
        bytes: this.#bytes,
      }
      this.#listener.onEnd(ending)
    }
    this.#listener.onOver()
  }
}
