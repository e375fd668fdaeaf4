/**
 * An exchange whose request is read from, and whose response is written to, an HTTP/1 connection.
 */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { oncePerSecond, readLatin1 } from '@resumelb/common'
import type { FailureName } from '../../http/failures.ts'
import { interimText, reasonPhrase } from '../../http/h1-text.ts'
import {
  type ClientHead,
  type HttpExchange,
  type HttpExchangeListener,
  longestText,
  type RequestBody,
  type UpgradeHead,
} from '../../http/http-exchange.ts'
import type { Peer } from '../../http/peers.ts'
import type { RequestFacts } from '../../http/request-fields.ts'
import type { ResponseFields } from '../../http/response-fields.ts'
import { breakOffSocket } from '../break-off.ts'
import type { H1Head } from './head-parser.ts'
import { H1Request } from './request.ts'
import type { Sender, WriteBatch } from './write-batch.ts'

/** What an exchange needs of its connection. */
export interface H1Owner extends Sender {
  readonly peer: Peer
  /** Whether a part of the request body has not arrived. */
  readonly isOwed: boolean
  readonly writeBatch: WriteBatch
  /** The header lines with the Keep-Alive time. */
  readonly keepAliveLines: string
  /** The reader of the body wants more of it. */
  onBodyWanted(): void
  /** Gives the socket away, paused, with what has come behind the request. */
  release(): Socket
  /** What comes behind the request is of no use: discards it, to see whether the client leaves. */
  discardRest(): void
}

export class H1Exchange implements HttpExchange {
  readonly request: H1Request
  readonly facts: RequestFacts
  readonly refusal: FailureName | undefined
  readonly #owner: H1Owner
  readonly #socket: Socket
  #listener: HttpExchangeListener | undefined
  #body: RequestBody | undefined
  #hasBegun = false
  /** The head, until it is sent together with the next bytes. */
  #head = ''
  #trailers = ''
  #isChunked = false
  #isEndedByClose = false
  #isLast: boolean
  /** Whether the client uses HTTP/1.0, which has neither chunks nor interim responses. */
  readonly #isOld: boolean
  /** Whether the client waits for 100 (Continue) before it sends the body. */
  #isWaiting: boolean
  #isWatched = false
  #isOver = false

  constructor(head: H1Head, owner: H1Owner) {
    this.request = new H1Request(head, owner.socket)
    this.facts = head.facts
    this.refusal = head.refusal
    this.#isOld = head.minorVersion === 0
    this.#isWaiting = head.facts.expectsContinue
    this.#owner = owner
    this.#socket = owner.socket
    this.#isLast = head.isLast
  }

  get peer(): Peer {
    return this.#owner.peer
  }

  get body(): RequestBody {
    this.#body ??= bodyOf(() => this.#owner.onBodyWanted())
    return this.#body
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Whether the connection ends after the response. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** Whether the client has received everything, or has disconnected. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether the timeout of the socket is the one given to {@link watch}. */
  get isWatched(): boolean {
    return this.#isWatched
  }

  leaveUnread(): void {
    // Without a body there is nothing to discard.
  }

  keepReading(): void {
    // The reader of a body gets it, whatever happens to the response.
  }

  /** Passes on bytes of the body. False if the reader wants no more until it tells the owner. */
  receive(chunk: Buffer): boolean {
    return this.body.destroyed || this.body.push(chunk)
  }

  /** The body is complete. */
  finish(rawTrailers: string[]): void {
    if (this.body.destroyed) return
    this.body.rawTrailers = rawTrailers
    this.body.complete = true
    this.body.push(null)
  }

  /** The body is invalid or incomplete. The connection ends after the response. */
  breakBody(): void {
    this.#isLast = true
    this.#listener?.onBadBody()
  }

  listen(listener: HttpExchangeListener): void {
    this.#listener = listener
  }

  askForBody(): void {
    if (!this.#isWaiting || this.#hasBegun) return
    this.#isWaiting = false
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
  }

  interim(status: number, reason: string, fields: ResponseFields): void {
    if (this.#isOld) return
    this.#socket.write(interimText(status, reason, fields.lines), 'latin1')
  }

  setHead({ status, reason, contentLength, hasBody, fields }: ClientHead): void {
    this.#hasBegun = true
    if (this.facts.upgrade !== undefined) this.#owner.discardRest()
    const isLengthUnknown = hasBody && contentLength < 0
    this.#isChunked = isLengthUnknown && !this.#isOld
    this.#isEndedByClose = isLengthUnknown && this.#isOld
    // It is unknown whether a client that got no 100 will send its body.
    if (this.#isEndedByClose || (this.#isWaiting && this.#owner.isOwed)) this.#isLast = true
    const phrase = reasonPhrase(status, reason)
    const date = fields.date ?? dateNow()
    const framing = this.#isChunked
      ? 'Transfer-Encoding: chunked\r\n'
      : contentLength < 0
        ? ''
        : `Content-Length: ${fields.lengthText ?? contentLength}\r\n`
    const persistence = this.#isLast ? 'Connection: close\r\n' : this.#owner.keepAliveLines
    this.#head = `HTTP/1.1 ${status} ${phrase}\r\n${framing}Date: ${date}\r\n${persistence}${fields.lines}\r\n`
  }

  acceptUpgrade({ reason, protocol, fields }: UpgradeHead): Socket {
    this.#hasBegun = true
    const socket = this.#owner.release()
    const upgrade = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`
    socket.write(interimText(101, reason, `${upgrade}${fields.lines}`), 'latin1')
    return socket
  }

  flushHead(): void {
    this.#socket.write(this.#takeHead(), 'latin1')
  }

  write(chunk: Buffer): boolean {
    const socket = this.#socket
    if (!this.#isChunked && this.#head === '') return socket.write(chunk)
    socket.cork()
    socket.write(`${this.#takeHead()}${this.#chunkStart(chunk.length)}`, 'latin1')
    socket.write(chunk)
    if (this.#isChunked) socket.write('\r\n', 'latin1')
    socket.uncork()
    return !socket.writableNeedDrain
  }

  end(body?: Buffer): void {
    const socket = this.#socket
    const length = body?.length ?? 0
    const before = `${this.#takeHead()}${length > 0 ? this.#chunkStart(length) : ''}`
    const after = this.#isChunked ? `${length > 0 ? '\r\n' : ''}0\r\n${this.#trailers}\r\n` : ''
    if (body === undefined || length <= longestText) {
      const text = body === undefined ? '' : readLatin1(body, 0, length)
      this.#owner.writeBatch.write(this.#owner, `${before}${text}${after}`)
      return
    }
    socket.cork()
    socket.write(before, 'latin1')
    socket.write(body)
    socket.write(after, 'latin1', this.#owner.onSent)
    socket.uncork()
    if (socket.writableLength > 0) this.blocked()
  }

  addTrailers(fields: ResponseFields): void {
    this.#trailers = fields.lines
  }

  closeAfter(): void {
    this.#isLast = true
  }

  breakOff(): void {
    breakOffSocket(this.#socket, this.#isEndedByClose)
  }

  watch(timeout: number): void {
    this.#isWatched = true
    this.#socket.setTimeout(timeout)
  }

  /** The end of the response waits in the socket. */
  blocked(): void {
    this.#listener?.onClientBlocked()
  }

  /** The client's socket accepts bytes again. */
  drained(): void {
    this.#listener?.onClientDrain()
  }

  /** The timeout of the socket has run out. */
  silent(): void {
    if (this.#isWatched) this.#listener?.onClientSilent()
  }

  /**
   * The client has received everything, or has disconnected. The worker may still get the rest of
   * the body.
   */
  over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener?.onClientClose()
  }

  /** The client has disconnected. */
  gone(): void {
    this.over()
    // A complete body may still be read.
    if (this.#body?.complete === false) this.#body.destroy()
  }

  #takeHead(): string {
    const head = this.#head
    this.#head = ''
    return head
  }

  #chunkStart(length: number): string {
    return this.#isChunked ? `${length.toString(16)}\r\n` : ''
  }
}

function bodyOf(onWanted: () => void): RequestBody {
  return Object.assign(new Readable({ read: onWanted }), { rawTrailers: [], complete: false })
}

const dateNow = oncePerSecond((now) => now.toUTCString())
