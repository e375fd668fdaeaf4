/**
 * A client connection. It carries one request after the other: each is parsed when the previous one
 * has been answered. Nothing after a request that ends the connection is parsed.
 */
import type { Socket } from 'node:net'
import type { FailureName } from '../../http/failures.ts'
import type { Peer } from '../../http/peers.ts'
import { BodyReader, type BodyReaderOwner } from './body-reader.ts'
import { Closing } from './closing.ts'
import { readGeneralHead } from './general-head.ts'
import { H1Exchange, type H1Owner } from './h1-exchange.ts'
import { type H1Head, unreadable } from './head-parser.ts'
import type { H1Setting } from './setting.ts'
import type { WriteBatch } from './write-batch.ts'

type Listener = (argument: unknown) => void

const lineFeed = 10

/**
 * Milliseconds by which a connection outlives the time in its Keep-Alive field: requests travel.
 */
const keepAliveGrace = 1_000

export class H1Connection implements H1Owner, BodyReaderOwner {
  readonly socket: Socket
  readonly peer: Peer
  readonly writeBatch: WriteBatch
  readonly keepAliveLines: string
  readonly onSent: (error?: Error | null) => void
  readonly #setting: H1Setting
  readonly #listeners: readonly (readonly [event: string, listener: Listener])[]
  readonly #body: BodyReader
  readonly #closing: Closing
  /** The request in progress, or one that has been answered but not completely received. */
  #client: H1Exchange | undefined
  #isBodyHeld = false
  /** Received bytes that have not been used: a part of a head, or a pipelined request. */
  #unused: Buffer | undefined
  /** The deadline for a head, or for half-closing the connection. */
  #cancelPatience: (() => void) | undefined
  /** When the connection was accepted, by the clock of deadlines; until its first request. */
  #openedAt: number | undefined
  /** Whether further input is discarded. */
  #isDeaf = false
  /**
   * Whether the last request has just arrived: a client that half-closes now waits for the
   * response.
   */
  #mayHalfClose = false
  /** Whether the timeout of the socket is the one between two requests. */
  #isIdleTimed = false

  constructor(socket: Socket, setting: H1Setting) {
    this.socket = socket
    this.peer = setting.peerOf(socket)
    this.writeBatch = setting.writeBatch
    this.#setting = setting
    this.#body = new BodyReader(setting.maxHeadLength, this)
    this.#closing = new Closing(socket, setting.deadlines)
    this.#openedAt = setting.deadlines.now()
    const { keepAliveTimeout } = setting
    const seconds = Math.floor(keepAliveTimeout / 1000)
    const keepAlive = keepAliveTimeout > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : ''
    this.keepAliveLines = `Connection: keep-alive\r\n${keepAlive}`
    this.onSent = (error) => this.#onSent(error)
    this.#listeners = [
      ['data', (chunk) => this.#onData(chunk as Buffer)],
      ['drain', () => this.#client?.drained()],
      ['timeout', () => this.#onTimeout()],
      ['end', () => this.#onEnd()],
      // `close` follows, and is enough.
      ['error', () => undefined],
      ['close', () => this.#onClose()],
    ]
    for (const [event, listener] of this.#listeners) socket.on(event, listener)
    socket.setTimeout(setting.headersTimeout)
  }

  /** Part of {@link H1Owner}. */
  get isOwed(): boolean {
    return this.#body.isReading
  }

  /**
   * The server drains. A request that is in progress, or just coming, is answered; the connection
   * ends with its response, and at once if it was silent for a moment.
   */
  drain(): void {
    if (this.#client === undefined) this.#closing.whenSilent(() => this.#client !== undefined)
    // Answered, but its request is not complete.
    else if (this.#client.isOver) this.#leave()
  }

  onBlocked(): void {
    this.#client?.blocked()
  }

  /** Part of {@link H1Owner}. */
  release(): Socket {
    const { socket } = this
    this.#stopPatience()
    socket.setTimeout(0)
    for (const [event, listener] of this.#listeners) socket.off(event, listener)
    socket.pause()
    if (this.#unused !== undefined) socket.unshift(this.#unused)
    this.#unused = undefined
    this.#setting.closed(this)
    return socket
  }

  /** Part of {@link H1Owner}. */
  discardRest(): void {
    this.#isDeaf = true
    this.#unused = undefined
    this.socket.resume()
  }

  onBodyWanted(): void {
    if (!this.#isBodyHeld) return
    this.#isBodyHeld = false
    this.socket.resume()
  }

  #onData(chunk: Buffer): void {
    this.#closing.onData()
    if (this.#isDeaf) return
    if (this.#body.isReading) this.#body.read(chunk)
    else if (this.#client === undefined) this.#readHead(chunk)
    else this.#hold(chunk)
  }

  /** Part of {@link BodyReaderOwner}. */
  onBodyPiece(piece: Buffer): boolean {
    return (this.#client as H1Exchange).receive(piece)
  }

  /** Part of {@link BodyReaderOwner}. */
  onBytesBehindBody(bytes: Buffer): void {
    this.#hold(bytes)
  }

  /** Part of {@link BodyReaderOwner}. */
  onBodyHeld(): void {
    this.#isBodyHeld = true
    this.socket.pause()
  }

  /** Part of {@link BodyReaderOwner}. */
  onBodyEnd(rawTrailers: string[]): void {
    const client = this.#client as H1Exchange
    client.finish(rawTrailers)
    if (client.isOver) this.#next()
    else if (client.isLast) this.#awaitHalfClose()
  }

  /** Part of {@link BodyReaderOwner}. */
  onBodyMalformed(): void {
    const client = this.#client as H1Exchange
    this.#isDeaf = true
    if (!client.isOver) return client.breakBody()
    client.gone()
    this.#leave()
  }

  /**
   * Keeps a request that has come before its turn. While it is shorter than a head may be, the
   * socket is read on, to see whether the client leaves.
   */
  #hold(chunk: Buffer): void {
    this.#unused = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    if (this.#unused.length > this.#setting.maxHeadLength) this.socket.pause()
  }

  #readHead(chunk: Buffer): void {
    const { reader, maxHeadLength } = this.#setting
    const before = this.#unused
    const bytes = before === undefined ? chunk : Buffer.concat([before, chunk])
    this.#unused = undefined
    // Without another complete line, nothing has changed.
    if (before !== undefined && bytes.length < maxHeadLength && !chunk.includes(lineFeed)) {
      return this.#awaitHead(bytes)
    }
    const head =
      reader.read(bytes, this.peer.isTrusted) ?? readGeneralHead(bytes, maxHeadLength, this.peer)
    if (head === 'INCOMPLETE') this.#awaitHead(bytes)
    else if (typeof head === 'string') this.#refuse(head)
    else this.#serve(head, bytes)
  }

  #serve(head: H1Head, bytes: Buffer): void {
    const { length } = head
    const { contentLength } = head.facts
    this.#openedAt = undefined
    if (this.#cancelPatience !== undefined) this.#stopPatience()
    if (contentLength !== 0) this.#body.begin(contentLength)
    const client = new H1Exchange(head, this)
    this.#client = client
    if (client.isLast && contentLength === 0 && head.facts.upgrade === undefined) {
      this.#isDeaf = true
      this.#awaitHalfClose()
    } else if (length < bytes.length && contentLength === 0) this.#hold(bytes.subarray(length))
    this.#setting.serve(client)
    if (length < bytes.length && contentLength !== 0) this.#body.read(bytes.subarray(length))
  }

  /** Answers an invalid request; nothing after it is parsed. */
  #refuse(failure: FailureName): void {
    this.#isDeaf = true
    const client = new H1Exchange(unreadable, this)
    this.#client = client
    this.#stopPatience()
    this.#closing.limitLastResponse()
    this.#setting.refuse(client, failure)
  }

  #awaitHead(bytes: Buffer): void {
    const { headersTimeout, deadlines } = this.#setting
    this.#unused = bytes
    if (this.#cancelPatience !== undefined || headersTimeout === 0) return
    // From now on the deadline is for the whole head, however slowly it arrives.
    this.socket.setTimeout(0)
    this.#isIdleTimed = false
    const passed = this.#openedAt === undefined ? 0 : deadlines.now() - this.#openedAt
    const left = Math.max(0, headersTimeout - passed)
    this.#cancelPatience = deadlines.after(left, () => this.#refuse('HEADERS_TIMEOUT'))
  }

  #awaitHalfClose(): void {
    const { halfCloseTime, deadlines } = this.#setting
    if (halfCloseTime === 0) return
    this.#mayHalfClose = true
    this.#cancelPatience = deadlines.after(halfCloseTime, () => {
      // First reads what arrived while the event loop was blocked.
      setImmediate(() => {
        this.#mayHalfClose = false
      })
    })
  }

  #stopPatience(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
  }

  #onSent(error: Error | null | undefined): void {
    const client = this.#client
    if (client === undefined || this.#closing.hasBegun || error || this.socket.destroyed) return
    client.over()
    if (client.isLast || this.#setting.isDraining) return this.#leave()
    if (!this.#body.isReading) return this.#next()
    // The rest of the request may have been paused because it was not read.
    this.onBodyWanted()
  }

  /** Starts the next request. */
  #next(): void {
    if (!this.#isIdleTimed || this.#client?.isWatched) this.#timeIdleness()
    this.#client = undefined
    const unused = this.#unused
    if (this.#setting.isDraining) return this.#leave()
    if (unused === undefined) return
    this.#unused = undefined
    if (this.socket.isPaused()) this.socket.resume()
    this.#readHead(unused)
  }

  #timeIdleness(): void {
    const { keepAliveTimeout } = this.#setting
    this.#isIdleTimed = true
    this.socket.setTimeout(keepAliveTimeout > 0 ? keepAliveTimeout + keepAliveGrace : 0)
  }

  /** Sends nothing more, and discards further input. */
  #leave(): void {
    this.#isDeaf = true
    this.#unused = undefined
    this.#stopPatience()
    this.#closing.begin()
  }

  #onTimeout(): void {
    // The next request, or the rest of one, may be waiting in the socket.
    if (this.#setting.deadlines.isCatchingUp) this.socket.setTimeout(this.socket.timeout ?? 0)
    else if (this.#client === undefined || this.#client.isOver) this.socket.destroy()
    else this.#client.silent()
  }

  /**
   * The client half-closes. If it announced its last request and half-closes right after it, it
   * waits for the response. Otherwise it counts as disconnected, as in `node:http`.
   */
  #onEnd(): void {
    this.writeBatch.flush()
    const client = this.#client
    if (client === undefined) {
      if (this.#unused === undefined) this.#leave()
      else this.#refuse('BAD_REQUEST')
    } else if (client.isOver || this.#body.isReading || !this.#mayHalfClose) {
      client.gone()
      this.#leave()
    }
  }

  #onClose(): void {
    this.#stopPatience()
    this.#closing.cancelTimer()
    this.#client?.gone()
    this.#setting.closed(this)
  }
}
