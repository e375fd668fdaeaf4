/** A client's request that is one stream of an HTTP/2 connection. */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { FailureName } from '../../http/failures.ts'
import type {
  ClientHead,
  HttpExchange,
  HttpExchangeListener,
  RequestBody,
  UpgradedConnection,
  UpgradeHead,
} from '../../http/http-exchange.ts'
import type { Peer } from '../../http/peers.ts'
import type { RequestFacts } from '../../http/request-fields.ts'
import type { ResponseFields } from '../../http/response-fields.ts'
import { H2Request } from './request.ts'
import { openBody } from './request-body.ts'
import type { H2Head } from './request-head.ts'
import { h2Fields, h2Head } from './response-head.ts'

/** What a request needs of its connection. */
export interface H2Owner {
  readonly socket: H2Request['socket']
  readonly peer: Peer
  /** Calls back after so many milliseconds. */
  after(delay: number, callback: () => void): void
  /**
   * The stream is over. `isCancelled`: the client has cancelled it before its response was
   * complete.
   */
  onStreamClose(isCancelled: boolean): void
}

/** Milliseconds between two looks whether the end of a response has left. */
const stopInterval = 20

/** Milliseconds until a stream that is reset is over, whether RST_STREAM could be sent or not. */
const resetTime = 1_000

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants

export class H2Exchange implements HttpExchange {
  readonly request: H2Request
  readonly facts: RequestFacts
  readonly refusal: FailureName | undefined
  readonly peer: Peer
  readonly #stream: ServerHttp2Stream
  readonly #owner: H2Owner
  /** The request has ended with its head. */
  readonly #endsStream: boolean
  #listener: HttpExchangeListener | undefined
  #body: RequestBody | undefined
  /** The head, while it waits for what it leaves with. */
  #head: OutgoingHttpHeaders | undefined
  #trailers: ResponseFields | undefined
  #hasBegun = false
  #hasBody = false
  /** The end of the response has been given to the stream. */
  #hasEnded = false
  /** Waits for a word before it sends the body. */
  #isWaiting: boolean
  #keepsReading = false
  /** It was reset from here. */
  #isBrokenOff = false
  #isWatched = false
  #isOver = false

  /** `endsStream`: the request has ended with its head. */
  constructor(stream: ServerHttp2Stream, head: H2Head, endsStream: boolean, owner: H2Owner) {
    this.request = new H2Request(head, owner.socket)
    this.facts = head.facts
    this.refusal = head.refusal
    this.peer = owner.peer
    this.#isWaiting = head.facts.expectsContinue
    this.#stream = stream
    this.#owner = owner
    this.#endsStream = endsStream
    stream.on('drain', () => this.#listener?.onClientDrain())
    stream.on('finish', () => this.#settle())
    stream.on('aborted', () => this.#onAborted())
    // `close` follows, and says all that there is to know.
    stream.on('error', () => undefined)
    stream.on('close', () => {
      const isCancelled = !this.#hasEnded && !this.#isBrokenOff
      this.#gone()
      owner.onStreamClose(isCancelled)
    })
  }

  get body(): RequestBody {
    this.#body ??= openBody(this.#stream)
    return this.#body
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  leaveUnread(): void {
    // What follows is of the other protocol.
    if (this.facts.upgrade !== undefined) return
    // An empty one has an end, too.
    this.#stream.resume()
    this.#keepsReading = false
    this.#settle()
  }

  keepReading(): void {
    this.#keepsReading = true
  }

  listen(listener: HttpExchangeListener): void {
    this.#listener = listener
  }

  askForBody(): void {
    if (!this.#isWaiting || !this.#canBegin) return
    this.#isWaiting = false
    this.#stream.additionalHeaders({ ':status': 100 })
  }

  interim(status: number, _reason: string, fields: ResponseFields): void {
    if (this.#canBegin) this.#stream.additionalHeaders({ ...h2Fields(fields), ':status': status })
  }

  setHead(head: ClientHead): void {
    this.#hasBegun = true
    this.#head = h2Head(head)
    this.#hasBody = head.hasBody && head.status !== 205
  }

  /** The request was an extended CONNECT (RFC 8441), whose stream is the connection from now on. */
  acceptUpgrade({ fields }: UpgradeHead): UpgradedConnection {
    this.#hasBegun = true
    this.#hasEnded = true
    this.#keepsReading = true
    this.#listener = undefined
    if (!this.#stream.closed) this.#stream.respond({ ...h2Fields(fields), ':status': 200 })
    return this.#stream
  }

  flushHead(): void {
    this.#respond(false)
  }

  write(chunk: Buffer): boolean {
    this.#respond(false)
    return !(this.#isWritable && this.#hasBody) || this.#stream.write(chunk)
  }

  end(body?: Buffer): void {
    const stream = this.#stream
    const hasMore = body !== undefined && body.length > 0 && this.#hasBody
    this.#respond(!hasMore && this.#trailers === undefined)
    this.#hasEnded = true
    if (this.#isWritable) {
      if (hasMore) stream.end(body)
      else stream.end()
    }
    // Without a reader, a request that has no body would never end.
    if (this.#body === undefined) stream.resume()
    this.#settle()
    if (!this.#isOver) this.#listener?.onClientBlocked()
  }

  addTrailers(fields: ResponseFields): void {
    this.#trailers = fields
  }

  closeAfter(): void {
    // Other requests share the connection, which ends by GOAWAY when the server drains.
  }

  breakOff(): void {
    this.#isBrokenOff = true
    this.#reset(NGHTTP2_INTERNAL_ERROR)
  }

  watch(timeout: number): void {
    const isFirst = !this.#isWatched
    this.#isWatched = true
    if (this.#stream.closed) return
    this.#stream.setTimeout(timeout)
    if (isFirst) this.#stream.on('timeout', () => this.#silent())
  }

  get #canBegin(): boolean {
    return !(this.#hasBegun || this.#stream.closed || this.#stream.destroyed)
  }

  get #isWritable(): boolean {
    const { closed, destroyed, writableEnded } = this.#stream
    return !(closed || destroyed || writableEnded)
  }

  /**
   * Sends the head, if that waits. `isAll`: nothing follows. Otherwise the stream asks for trailers
   * before it ends: a response that breaks off must not look complete.
   */
  #respond(isAll: boolean): void {
    const head = this.#head
    this.#head = undefined
    const stream = this.#stream
    if (head === undefined || stream.closed || stream.destroyed) return
    if (isAll || !this.#hasBody) return stream.respond(head, { endStream: true })
    stream.on('wantTrailers', () => this.#sendTrailers())
    stream.respond(head, { waitForTrailers: true })
  }

  #sendTrailers(): void {
    this.#stream.sendTrailers(this.#trailers === undefined ? {} : h2Fields(this.#trailers))
  }

  /**
   * The response has left. A client that still sends a body that is not read is asked to stop
   * (RFC 9113 §8.1).
   */
  #settle(): void {
    const stream = this.#stream
    if (!this.#hasEnded || !stream.writableFinished || stream.closed) return
    if (this.#endsStream || this.#body?.complete) return
    if (this.#keepsReading) this.#over()
    else setImmediate(() => this.#stopClient())
  }

  /** Stops it when the end of the response has left: RST_STREAM would overtake it. */
  #stopClient(): void {
    const stream = this.#stream
    if (stream.closed || stream.destroyed) return
    if (stream.state.localClose === 1) this.#reset(NGHTTP2_NO_ERROR)
    else this.#owner.after(stopInterval, () => this.#stopClient())
  }

  /**
   * Resets the stream. After a GOAWAY for bad frames, `node:http2` sends and reads nothing more,
   * and the stream would stay open for as long as the process lives.
   */
  #reset(code: number): void {
    this.#stream.close(code)
    this.#owner.after(resetTime, () => this.#stream.destroy())
  }

  /** Reset by the client, with a code by which the stream would still wait for its reader. */
  #onAborted(): void {
    if (!this.#isBrokenOff) setImmediate(() => this.#stream.destroy())
  }

  #silent(): void {
    if (this.#isOver) this.#reset(NGHTTP2_CANCEL)
    else this.#listener?.onClientSilent()
  }

  /** The client has got everything, or is gone. The worker may take the rest of the body still. */
  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener?.onClientClose()
  }

  #gone(): void {
    this.#over()
    // One that is whole may still be read.
    if (this.#body?.complete === false) this.#body.destroy()
  }
}
