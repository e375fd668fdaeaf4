/**
 * A client's connection, which carries one request after the other: the next is looked at when the
 * one before is answered. Nothing behind a request that ends the connection is looked at.
 */
import type { Socket } from 'node:net'
import type { FailureName } from '../../http/failures.ts'
import type { Peer } from '../../http/peers.ts'
import { ChunkedDecoder } from './chunked-decoder.ts'
import { readGeneralHead } from './general-head.ts'
import { H1Exchange, type H1Owner } from './h1-exchange.ts'
import { type H1Head, unreadable } from './head-parser.ts'
import type { H1Setting } from './setting.ts'
import type { WriteBatch } from './write-batch.ts'

type Listener = (argument: unknown) => void

const lineFeed = 10

/** Milliseconds by which connections outlive what clients are told, who may use the last moment. */
const keepAliveGrace = 1_000

/**
 * Milliseconds for which is read, and dropped, what a client sends behind its last request. To close
 * at once would reset the connection, and the client might lose the end of its response.
 */
const lingerTime = 1_000

/**
 * Milliseconds for which a client may leave its last response untaken, if nothing else watches that:
 * who reads nothing must not keep a connection for ever.
 */
const farewellTime = 30_000

/** Milliseconds that a connection without a request must have been silent for to be closed when draining. */
const drainSilence = 50

export class H1Connection implements H1Owner {
  readonly socket: Socket
  readonly peer: Peer
  readonly writeBatch: WriteBatch
  readonly keepAliveLines: string
  readonly onSent: (error?: Error | null) => void
  readonly #setting: H1Setting
  readonly #listeners: readonly (readonly [event: string, listener: Listener])[]
  /** Whose request is in progress, or has not come whole. */
  #client: H1Exchange | undefined
  /** Bytes of the request's body that have not come; `Infinity` while chunks come. */
  #owed = 0
  #decoder: ChunkedDecoder | undefined
  #isBodyHeld = false
  /** What has come and is not used: part of a head, or a request before its turn. */
  #unused: Buffer | undefined
  /**
   * When it runs out, a head has taken too long, or a client may no longer half-close, or a leaving
   * one is cut off.
   */
  #cancelPatience: (() => void) | undefined
  /** When the connection came, by the clock of deadlines, until its first request has come. */
  #openedAt: number | undefined
  /** Nothing that comes is looked at any more. */
  #isDeaf = false
  #isLeaving = false
  /** The last request has just come: a client that ends its side now waits for the response. */
  #mayHalfClose = false
  /** Whether the socket's timeout is the one between two requests. */
  #isIdleTimed = false
  /** Nothing has come since {@link drain} began to wait. */
  #isSilent = false

  constructor(socket: Socket, setting: H1Setting) {
    this.socket = socket
    this.peer = setting.peerOf(socket)
    this.writeBatch = setting.writeBatch
    this.#setting = setting
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
      // `close` follows, and says all that there is to know.
      ['error', () => undefined],
      ['close', () => this.#onClose()],
    ]
    for (const [event, listener] of this.#listeners) socket.on(event, listener)
    socket.setTimeout(setting.headersTimeout)
  }

  /** Part of {@link H1Owner}. */
  get isOwed(): boolean {
    return this.#owed > 0
  }

  /**
   * The server drains. A request that is in progress, or just coming, is answered; the connection ends
   * with its response, and at once if it was silent for a moment.
   */
  drain(): void {
    if (this.#client === undefined) this.#awaitSilence()
    // Answered, though its request has not come whole.
    else if (this.#client.isOver) this.#leave()
  }

  onBlocked(): void {
    this.#client?.blocked()
  }

  onBodyWanted(): void {
    if (!this.#isBodyHeld) return
    this.#isBodyHeld = false
    this.socket.resume()
  }

  #onData(chunk: Buffer): void {
    this.#isSilent = false
    if (this.#isDeaf) return
    if (this.#owed > 0) this.#onBody(chunk)
    else if (this.#client === undefined) this.#readHead(chunk)
    else this.#hold(chunk)
  }

  #onBody(chunk: Buffer): void {
    const client = this.#client as H1Exchange
    if (this.#decoder !== undefined) return this.#onChunks(client, this.#decoder, chunk)
    const mine = chunk.length > this.#owed ? chunk.subarray(0, this.#owed) : chunk
    this.#owed -= mine.length
    if (mine.length < chunk.length) this.#hold(chunk.subarray(mine.length))
    const goesOn = client.receive(mine)
    if (this.#owed === 0) this.#onBodyEnd(client, [])
    else if (!goesOn) this.#holdBody()
  }

  #onChunks(client: H1Exchange, decoder: ChunkedDecoder, bytes: Buffer): void {
    const decoded = decoder.decode(bytes)
    if (decoded === undefined) return this.#breakBody(client)
    const { data, end } = decoded
    let goesOn = true
    for (const piece of data) goesOn = client.receive(piece)
    if (end === undefined) {
      if (!goesOn) this.#holdBody()
      return
    }
    this.#decoder = undefined
    this.#owed = 0
    if (end < bytes.length) this.#hold(bytes.subarray(end))
    this.#onBodyEnd(client, decoder.trailers)
  }

  #onBodyEnd(client: H1Exchange, rawTrailers: string[]): void {
    client.finish(rawTrailers)
    if (client.isOver) this.#next()
    else if (client.isLast) this.#awaitHalfClose()
  }

  #holdBody(): void {
    this.#isBodyHeld = true
    this.socket.pause()
  }

  /** Where the next request begins, nobody knows. */
  #breakBody(client: H1Exchange): void {
    this.#isDeaf = true
    this.#owed = 0
    if (!client.isOver) return client.breakBody()
    client.gone()
    this.#leave()
  }

  /** A request that has come before its turn. While there is not too much of it, it is seen if the client leaves. */
  #hold(chunk: Buffer): void {
    this.#unused = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    if (this.#unused.length > this.#setting.maxHeadLength) this.socket.pause()
  }

  #readHead(chunk: Buffer): void {
    const { reader, maxHeadLength } = this.#setting
    const before = this.#unused
    const bytes = before === undefined ? chunk : Buffer.concat([before, chunk])
    this.#unused = undefined
    // Without another line, nothing has changed.
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
    if (contentLength < 0) this.#decoder = new ChunkedDecoder(this.#setting.maxHeadLength)
    this.#owed = contentLength < 0 ? Number.POSITIVE_INFINITY : contentLength
    const client = new H1Exchange(head, this)
    this.#client = client
    if (client.isLast && contentLength === 0) {
      this.#isDeaf = true
      this.#awaitHalfClose()
    } else if (length < bytes.length && contentLength === 0) this.#hold(bytes.subarray(length))
    this.#setting.serve(client)
    if (length < bytes.length && contentLength !== 0) this.#onBody(bytes.subarray(length))
  }

  /** Answers what is no request; nothing behind it is looked at. */
  #refuse(failure: FailureName): void {
    this.#isDeaf = true
    const client = new H1Exchange(unreadable, this)
    this.#client = client
    this.#cutOffAfter(farewellTime)
    this.#setting.refuse(client, failure)
  }

  #awaitHead(bytes: Buffer): void {
    const { headersTimeout, deadlines } = this.#setting
    this.#unused = bytes
    if (this.#cancelPatience !== undefined || headersTimeout === 0) return
    // From now on the head is waited for as a whole, however slowly it comes.
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
      // What has come while nobody could look is read first.
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
    if (client === undefined || this.#isLeaving || error || this.socket.destroyed) return
    client.over()
    if (client.isLast || this.#setting.isDraining) return this.#leave()
    if (this.#owed === 0) return this.#next()
    // The rest of the request may stand still because nobody wanted it.
    this.onBodyWanted()
  }

  /** The turn of the next request. */
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

  #awaitSilence(): void {
    this.#isSilent = true
    this.#setting.deadlines.after(drainSilence, () => {
      if (this.#client !== undefined) return
      if (this.#isSilent) this.socket.destroy()
      else this.#awaitSilence()
    })
  }

  #timeIdleness(): void {
    const { keepAliveTimeout } = this.#setting
    this.#isIdleTimed = true
    this.socket.setTimeout(keepAliveTimeout > 0 ? keepAliveTimeout + keepAliveGrace : 0)
  }

  /** Nothing more is sent, and what still comes is for nobody. */
  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#isDeaf = true
    this.#unused = undefined
    this.#stopPatience()
    if (this.socket.writableLength > 0) this.#cutOffAfter(farewellTime)
    this.socket.end(() => this.#linger())
    this.socket.resume()
  }

  /** All that we had to say is with the kernel. */
  #linger(): void {
    if (!this.socket.destroyed) this.#cutOffAfter(lingerTime)
  }

  #cutOffAfter(milliseconds: number): void {
    this.#stopPatience()
    this.#cancelPatience = this.#setting.deadlines.after(milliseconds, () => this.socket.destroy())
  }

  #onTimeout(): void {
    // The next request, or the rest of one, may wait in the socket.
    if (this.#setting.deadlines.isCatchingUp) this.socket.setTimeout(this.socket.timeout ?? 0)
    else if (this.#client === undefined || this.#client.isOver) this.socket.destroy()
    else this.#client.silent()
  }

  /**
   * The client sends no more. If it has said that this is its last request, and ends its side right
   * behind it, it waits for the response; any other has left, as for `node:http`.
   */
  #onEnd(): void {
    this.writeBatch.flush()
    const client = this.#client
    if (client === undefined) {
      if (this.#unused === undefined) this.#leave()
      else this.#refuse('BAD_REQUEST')
    } else if (client.isOver || this.#owed > 0 || !this.#mayHalfClose) {
      client.gone()
      this.#leave()
    }
  }

  #onClose(): void {
    this.#stopPatience()
    this.#client?.gone()
    this.#setting.closed(this)
  }
}
