/** One request to a server, and its response. */
import { type Clock, idempotentMethods } from '@resumelb/common'
import { BodyWriter } from './body-writer.ts'
import type { Connection, ConnectionUser } from './connection.ts'
import { type ConnectionPool, unrepeatableIdle } from './connection-pool.ts'
import type { Readiness } from './readiness.ts'
import type { UpstreamRequestHead } from './request-head.ts'
import type { UpstreamResponseHead } from './response-head.ts'
import type { UpstreamRequestEvents } from './upstream-request-events.ts'

/** What the requests to one server share. */
export interface UpstreamServer {
  readonly pool: ConnectionPool
  /** Hears of connections that were made, and of those that could not be made. */
  readonly readiness: Pick<Readiness, 'succeeded' | 'failed'>
  readonly clock: Clock
}

/** Milliseconds for which a server that ignores `Expect` is given the time to answer. */
const continueTimeout = 1_000

/** Milliseconds for which a server that has answered may read nothing of the rest of a body. */
const restTimeout = 60_000

export class UpstreamRequest implements ConnectionUser {
  readonly #context: UpstreamServer
  readonly #head: UpstreamRequestHead
  readonly #method: string
  readonly #events: UpstreamRequestEvents
  readonly #body: BodyWriter | undefined
  #connection: Connection | undefined
  /** The head of the response, until what came with it was read. */
  #answer: UpstreamResponseHead | undefined
  /** The last piece of the body that came, until it is known whether it is the last of all. */
  #held: Buffer | undefined
  #status = 0
  #isBodyWanted = false
  #isBlocked = false
  #isRepeated = false
  /** The response is complete. */
  #isAnswered = false
  /** Nothing is read or written any more. */
  #isOver = false
  #cancelTimer: (() => void) | undefined

  constructor(
    context: UpstreamServer,
    head: UpstreamRequestHead,
    method: string,
    events: UpstreamRequestEvents,
  ) {
    this.#context = context
    this.#head = head
    this.#method = method
    this.#events = events
    this.#body = head.body === 'none' ? undefined : new BodyWriter(head)
  }

  /** Whether nothing is read or written any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes of the body that were written and have not left. */
  get queuedBytes(): number {
    return this.#isOver ? 0 : (this.#body?.queuedBytes ?? 0)
  }

  /**
   * Sends the head, over a connection that is open or a new one. A request that cannot be repeated
   * avoids connections that have been idle for long. Called once, first.
   */
  start(): void {
    const longestIdle = this.#isRepeatable ? Number.POSITIVE_INFINITY : unrepeatableIdle
    const connection = this.#context.pool.take(longestIdle)
    if (connection === undefined) this.#connect()
    else this.#begin(connection)
  }

  /**
   * Writes body bytes. Returns false if no more should be written before `onDrain`: what is written
   * before the head has been sent is kept.
   */
  write(chunk: Buffer): boolean {
    if (this.#isOver || this.#body === undefined) return true
    const goOn = this.#body.write(chunk)
    this.#onWritten(goOn)
    return goOn
  }

  /** The body is complete. `trailers` are names and values, in turn. */
  end(trailers: readonly string[]): void {
    if (this.#isOver || this.#body === undefined) return
    this.#body.end(trailers)
    this.#onWritten(true)
  }

  /** Reads nothing for now. */
  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  /** Gives the request up. Nothing more is called. */
  abort(): void {
    if (this.#isOver) return
    const connection = this.#connection
    this.#leave()
    connection?.destroy()
  }

  /** Part of {@link ConnectionUser}. */
  onHead(head: UpstreamResponseHead): void {
    if (this.#isOver) return
    if (head.status >= 200 || head.status === 101) {
      this.#answer = head
      this.#status = head.status
      if (head.status === 101) this.#body?.connect(this.#connection as Connection)
      return
    }
    if (head.status === 100) this.#wantBody()
    // A client that has not asked for it has no use for it.
    if (head.status !== 100 || this.#head.expectsContinue) this.#events.onInterim(head)
  }

  /** Part of {@link ConnectionUser}. */
  onBody(piece: Buffer): void {
    if (this.#held !== undefined) this.#passHeld()
    if (!this.#isOver) this.#held = piece
  }

  /** Part of {@link ConnectionUser}. */
  onEnd(trailers: readonly string[]): void {
    if (this.#isOver) return
    const [head, last] = [this.#answer, this.#held]
    this.#answer = undefined
    this.#held = undefined
    this.#isAnswered = true
    if (head === undefined) this.#events.onEnd(last, trailers)
    else this.#events.onWholeResponse(head, last, trailers)
  }

  /** Part of {@link ConnectionUser}. */
  onRead(): void {
    if (this.#isAnswered) this.#finish()
    else this.#passHeld()
  }

  /** Part of {@link ConnectionUser}. */
  onDrain(): void {
    if (!this.#isBlocked) return
    this.#isBlocked = false
    if (this.#isAnswered) this.#cancelTimer?.()
    this.#events.onDrain()
  }

  /** Part of {@link ConnectionUser}. */
  onBroken(error: Error): void {
    const connection = this.#connection as Connection
    // The server had closed the connection before it could see the request.
    const isStale = connection.isReused && !connection.hasAnswered
    if (isStale && this.#isRepeatable && !this.#isRepeated) {
      this.#isRepeated = true
      this.#connection = undefined
      return this.#connect()
    }
    if (this.#isAnswered) {
      this.#leave()
      return this.#events.onBodyUnwanted(true)
    }
    // Of a response that has not been passed on so far, nothing is.
    if (this.#answer === undefined) this.#passHeld()
    if (this.#isOver) return
    this.#leave()
    this.#events.onBroken(error)
  }

  /** Whether the request may be sent once more if a connection turns out to be closed. */
  get #isRepeatable(): boolean {
    return this.#body === undefined && idempotentMethods.has(this.#method)
  }

  #connect(): void {
    const { pool, readiness } = this.#context
    pool.connect().then(
      (connection) => {
        readiness.succeeded()
        if (this.#isOver) pool.release(connection)
        else this.#begin(connection)
      },
      (error) => {
        readiness.failed(error)
        if (this.#isOver) return
        this.#leave()
        this.#events.onRefused(error)
      },
    )
  }

  #begin(connection: Connection): void {
    this.#connection = connection
    connection.begin(this.#head, this.#method, this)
    this.#events.onSent()
    const body = this.#body
    // What follows an upgrade waits until it is granted.
    if (body === undefined || this.#head.body === 'upgrade') return
    const goOn = body.connect(connection)
    if (this.#head.expectsContinue) {
      this.#cancelTimer = this.#context.clock.after(continueTimeout, () => this.#wantBody())
    } else this.#wantBody()
    if (!goOn) this.#isBlocked = true
    else this.onDrain()
  }

  #wantBody(): void {
    if (this.#isBodyWanted || this.#body === undefined) return
    this.#isBodyWanted = true
    this.#cancelTimer?.()
    this.#events.onBodyWanted()
  }

  #passHeld(): void {
    const [head, piece] = [this.#answer, this.#held]
    this.#answer = undefined
    this.#held = undefined
    if (head !== undefined) this.#events.onResponse(head, piece)
    else if (piece !== undefined) this.#events.onBody(piece)
  }

  /**
   * The response is complete, and so is the request, unless the rest of its body is still to come.
   */
  #finish(): void {
    const connection = this.#connection
    if (connection === undefined) return
    if (this.#head.body === 'upgrade') return this.#finishUpgrade()
    if (this.#body === undefined || this.#body.isSent) {
      this.#leave()
      return this.#context.pool.release(connection)
    }
    // A server that answers with an error hardly wants the rest (RFC 9112 §9.5), and a client that
    // has asked first and got another answer does not send it (RFC 9110 §10.1.1).
    const isWanted = this.#isBodyWanted && this.#status < 400
    if (isWanted && connection.isReusable) this.#watchRest()
    else this.#cutBody()
  }

  /**
   * The server has ended the upgraded connection, or has refused the upgrade: then it may have
   * given the connection to an application that reads no more requests from it. What still comes of
   * the client is discarded.
   */
  #finishUpgrade(): void {
    const isBlocked = this.#isBlocked
    this.abort()
    if (isBlocked) this.#events.onDrain()
  }

  /** Bytes of the body were given to the socket. */
  #onWritten(goOn: boolean): void {
    if (!goOn) this.#isBlocked = true
    if (!this.#isAnswered) return
    if (this.#body?.isSent) this.#finish()
    else this.#watchRest()
  }

  #watchRest(): void {
    this.#cancelTimer?.()
    if (!this.#isBlocked) return
    this.#cancelTimer = this.#context.clock.after(restTimeout, () => this.#cutBody())
  }

  #cutBody(): void {
    this.abort()
    this.#events.onBodyUnwanted(false)
  }

  #leave(): void {
    this.#isOver = true
    this.#connection = undefined
    this.#cancelTimer?.()
  }
}
