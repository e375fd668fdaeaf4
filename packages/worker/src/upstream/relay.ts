/** One request on its way to the server behind, and its response on the way back. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Clock, Logger } from '@resumelb/common'
import {
  type Connection,
  type ConnectionPool,
  type ConnectionUser,
  type Readiness,
  reasonOf,
  UpstreamFault,
  type UpstreamRequestHead,
  type UpstreamResponseHead,
  unrepeatableIdle,
} from '@resumelb/upstream'
import { RequestRefusedError } from '../errors.ts'
import { RequestBodySender } from './request-body-sender.ts'

/** What the requests to one server share. */
export interface RelayContext {
  readonly pool: ConnectionPool
  readonly readiness: Readiness
  readonly log: Logger
  readonly clock: Clock
}

/** Methods of requests that may be done twice (RFC 9110 §9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
])

export class Relay implements ConnectionUser {
  readonly #context: RelayContext
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #head: UpstreamRequestHead
  #connection: Connection | undefined
  #body: RequestBodySender | undefined
  /** The head of the response, until what came with it was read. */
  #answer: UpstreamResponseHead | undefined
  /** The last piece of the body that came, until it is known whether it is the last of all. */
  #held: Buffer | undefined
  /** Whether the client takes nothing for now, and nothing is read for it. */
  #isHeld = false
  #isRepeated = false
  #isSettled = false
  /** The response is whole, and the server gets the rest of the body. */
  #isSendingRest = false
  #resolve: () => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  readonly #onClientClose = (): void => {
    if (!this.#response.writableEnded) this.#abandon()
  }

  constructor(
    context: RelayContext,
    request: IncomingMessage,
    response: ServerResponse,
    head: UpstreamRequestHead,
  ) {
    this.#context = context
    this.#request = request
    this.#response = response
    this.#head = head
  }

  /**
   * Resolves when the response is complete, whoever gave it, or the client has left. Rejects with a
   * {@link RequestRefusedError} if nothing could be sent, with another error if the response aborted.
   */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      if (this.#response.destroyed) return resolve()
      this.#response.once('close', this.#onClientClose)
      const longestIdle = this.#isRepeatable ? Number.POSITIVE_INFINITY : unrepeatableIdle
      const connection = this.#context.pool.take(longestIdle)
      if (connection === undefined) this.#connect()
      else this.#begin(connection)
    })
  }

  /** Part of {@link ConnectionUser}. */
  onHead(head: UpstreamResponseHead): void {
    if (head.status < 200) this.#onInterim(head)
    else this.#answer = head
  }

  /** Part of {@link ConnectionUser}. */
  onBody(piece: Buffer): void {
    this.#passHeld()
    this.#held = piece
  }

  /** Part of {@link ConnectionUser}. */
  onEnd(trailers: readonly string[]): void {
    this.#passHead()
    const response = this.#response
    const last = this.#held
    this.#held = undefined
    if (trailers.length > 0) response.addTrailers(pairs(trailers) as never)
    if (this.#isSettled) return
    // With its head, if that has not left: a short response is one frame.
    if (last === undefined) response.end()
    else response.end(last)
    this.#settle()
  }

  /** Part of {@link ConnectionUser}. */
  onRead(): void {
    const connection = this.#connection as Connection
    if (this.#isSettled) return this.#leave(connection)
    this.#passHead()
    if (this.#held !== undefined) this.#passHeld()
    else if (this.#response.headersSent) this.#response.flushHeaders()
  }

  /** Part of {@link ConnectionUser}. */
  onDrain(): void {
    this.#body?.drained()
  }

  /** Part of {@link ConnectionUser}. */
  onBroken(error: Error): void {
    const connection = this.#connection as Connection
    const response = this.#response
    this.#dropBody()
    // As the server has done: a client that is still sending its body need not go on.
    if (this.#body !== undefined) response.once('close', () => this.#request.destroy())
    if (this.#isSettled) return
    if (response.destroyed) return this.#settle()
    // The server had closed the connection before it could see the request.
    const isStale = connection.isReused && !connection.hasAnswered
    if (isStale && this.#isRepeatable && !this.#isRepeated) {
      this.#isRepeated = true
      return this.#connect()
    }
    if (response.headersSent) this.#passHeld()
    this.#fail(error)
  }

  /** Whether the request may be sent once more if a connection turns out to be closed. */
  get #isRepeatable(): boolean {
    return this.#head.body === 'none' && idempotentMethods.has(this.#request.method ?? '')
  }

  #connect(): void {
    const { pool, readiness } = this.#context
    pool
      .connect()
      .then(
        (connection) => {
          readiness.succeeded()
          if (this.#isSettled) pool.release(connection)
          else this.#begin(connection)
        },
        (error) => {
          readiness.failed(error)
          this.#refuse(error)
        },
      )
      .catch((error) => this.#fail(error))
  }

  #begin(connection: Connection): void {
    this.#connection = connection
    const { text, body, expectsContinue } = this.#head
    connection.begin(text, this.#request.method, this)
    if (body === 'none') return
    this.#body = new RequestBodySender(this.#request, connection, this.#head)
    this.#body.start(expectsContinue ? this.#context.clock : undefined)
  }

  #onInterim({ status, fields }: UpstreamResponseHead): void {
    if (status === 100) this.#body?.proceed()
    // A client that has not asked for it has no use for it.
    if (status === 100 && !this.#head.expectsContinue) return
    inform(this.#response, status, fields)
  }

  #passHead(): void {
    const head = this.#answer
    if (head === undefined) return
    this.#answer = undefined
    this.#response.writeHead(head.status, head.reason, head.fields as string[])
  }

  #passHeld(): void {
    const piece = this.#held
    if (piece === undefined) return
    this.#passHead()
    this.#held = undefined
    const connection = this.#connection as Connection
    // Of one read, more may come while it is held.
    if (this.#response.write(piece) || this.#isHeld) return
    this.#isHeld = true
    connection.pause()
    this.#response.once('drain', () => {
      this.#isHeld = false
      connection.resume()
    })
  }

  /** The response is whole. */
  #leave(connection: Connection): void {
    this.#response.off('close', this.#onClientClose)
    const body = this.#body
    if (body === undefined || body.isSent) return this.#context.pool.release(connection)
    // Who answers with an error hardly wants the rest (RFC 9112 §9.5).
    const isWanted = connection.isReusable && this.#response.statusCode < 400
    if (!isWanted) return this.#cutBody(connection)
    if (this.#isSendingRest) return
    this.#isSendingRest = true
    body.sendRest(this.#context.clock, (isSent) => {
      if (isSent) this.#context.pool.release(connection)
      else this.#cutBody(connection)
    })
  }

  /** The server gets no more of the body. */
  #cutBody(connection: Connection): void {
    connection.destroy()
    this.#dropBody()
  }

  /** Nobody wants the rest of the body. The client shall not wait until somebody takes it. */
  #dropBody(): void {
    if (this.#body === undefined) return
    this.#body.stop()
    // That closes the client's connection: before the response is whole, it might not arrive.
    if (this.#response.destroyed) this.#request.destroy()
    else this.#request.resume()
  }

  /** The client has left. */
  #abandon(): void {
    this.#body?.stop()
    this.#connection?.destroy()
    this.#settle()
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#resolve()
  }

  /** Nothing was sent: another worker may have the request. */
  #refuse(cause: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#reject(
      new RequestRefusedError(`no connection to upstream: ${reasonOf(cause)}`, { cause }),
    )
  }

  /** The server gives no response, or not all of one. */
  #fail(error: Error): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const response = this.#response
    const { method, url } = this.#request
    if (response.headersSent) {
      return this.#reject(new UpstreamFault(`response aborted: ${reasonOf(error)}`))
    }
    this.#context.log.error({ err: error, method, url }, `no response: ${reasonOf(error)}`)
    // Addresses and reasons are for the log, not for strangers.
    response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end('Bad Gateway\n')
    this.#resolve()
  }
}

/** Sends an interim response, by the way that Node's own classes take. */
function inform(response: ServerResponse, status: number, fields: readonly string[]): void {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  const raw = response as unknown as { _writeRaw(text: string, encoding: string): void }
  raw._writeRaw(`${text}\r\n`, 'latin1')
}

/** As Node's `addTrailers` wants them. */
function pairs(fields: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at < fields.length; at += 2) {
    list.push([fields[at] as string, fields[at + 1] as string])
  }
  return list
}
