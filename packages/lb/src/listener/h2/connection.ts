/** A client's HTTP/2 connection, which carries many requests at once. */
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Peer } from '../../http/peers.ts'
import type { ClientConnection, ListenerSetting } from '../setting.ts'
import { H2Exchange, type H2Owner } from './h2-exchange.ts'
import { readH2Head } from './request-head.ts'
import { ResetBudget } from './reset-budget.ts'
import { connectionWindow, maxConcurrentStreams, sessionOptions } from './session-settings.ts'

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants

/**
 * Milliseconds that a client has to close its side after GOAWAY and its last response: `node:http2`
 * would wait for it without end.
 */
const closeTime = 30_000

/** What `node:http2` calls a client that breaks the rules. */
const protocolErrors: ReadonlySet<string> = new Set([
  'ERR_HTTP2_ERROR',
  'ERR_HTTP2_TOO_MANY_INVALID_FRAMES',
])

export class H2Connection implements ClientConnection, H2Owner {
  readonly socket: TLSSocket
  readonly peer: Peer
  readonly #setting: ListenerSetting
  readonly #session: ServerHttp2Session
  readonly #resets: ResetBudget
  /** No request has come. */
  #isFresh = true
  /** Requests that are not over. */
  #streams = 0
  /** Since when, by the clock of deadlines, there has been none. */
  #idleSince: number
  /** How long there may be none; 0: no limit. */
  #idleLimit: number
  #cancelIdle: (() => void) | undefined
  /** The deadline for the client to close its side. */
  #cancelClose: (() => void) | undefined

  constructor(socket: TLSSocket, setting: ListenerSetting) {
    this.socket = socket
    this.peer = setting.peerOf(socket)
    this.#setting = setting
    const { deadlines, headersTimeout, maxHeadLength } = setting
    this.#idleSince = deadlines.now()
    this.#idleLimit = headersTimeout
    this.#resets = new ResetBudget(this.#idleSince)
    // Each request may listen to it.
    socket.setMaxListeners(2 * maxConcurrentStreams)
    const session = performServerHandshake(socket, sessionOptions(maxHeadLength))
    this.#session = session
    session.setLocalWindowSize(connectionWindow)
    session.on('stream', (stream, _headers, flags, ...[raw]: [raw?: string[]]) =>
      this.#onStream(stream, raw ?? [], (flags & NGHTTP2_FLAG_END_STREAM) !== 0),
    )
    session.on('error', (error) => this.#onError(error))
    session.on('close', () => this.#onClose())
    this.#limitIdleness()
  }

  /** Part of {@link H2Owner}. */
  after(delay: number, callback: () => void): void {
    this.#setting.deadlines.after(delay, callback)
  }

  /**
   * Tells the client to send no more requests here (GOAWAY), and ends when those in progress are
   * over.
   */
  drain(): void {
    if (!(this.#session.closed || this.#session.destroyed)) this.#session.close()
    this.#limitClosing()
  }

  onStreamClose(isCancelled: boolean): void {
    this.#streams--
    if (this.#streams === 0) {
      this.#idleSince = this.#setting.deadlines.now()
      this.#limitIdleness()
      this.#limitClosing()
    }
    if (isCancelled) this.#onReset()
  }

  #onStream(stream: ServerHttp2Stream, raw: readonly string[], endsStream: boolean): void {
    if (this.#isFresh) this.#onFirst()
    this.#streams++
    const head = readH2Head(raw, endsStream, this.#setting.maxHeadLength, this.peer)
    const exchange = new H2Exchange(stream, head, endsStream, this)
    // The client has cancelled it before it was processed.
    if (stream.closed) return
    this.#setting.serve(exchange)
  }

  /** From now on, the time between two requests counts. */
  #onFirst(): void {
    this.#isFresh = false
    this.#idleLimit = this.#setting.keepAliveTimeout
    this.#cancelIdle?.()
    this.#cancelIdle = undefined
  }

  #onReset(): void {
    const { deadlines } = this.#setting
    if (this.#session.destroyed || this.#resets.take(deadlines.now())) return
    this.#setting.refuseUnanswered('TOO_MANY_RESETS', this.peer.address, 'RST_STREAM')
    this.#session.destroy(new Error('too many resets'), NGHTTP2_ENHANCE_YOUR_CALM)
  }

  /** A timer is set anew when it has run out, not with each request. */
  #limitIdleness(): void {
    const limit = this.#idleLimit
    if (limit === 0 || this.#cancelIdle !== undefined || this.#session.closed) return
    const { deadlines } = this.#setting
    const left = Math.max(0, this.#idleSince + limit - deadlines.now())
    this.#cancelIdle = deadlines.after(left, () => {
      this.#cancelIdle = undefined
      if (this.#streams > 0) return
      if (deadlines.now() - this.#idleSince >= limit) this.drain()
      else this.#limitIdleness()
    })
  }

  #limitClosing(): void {
    if (this.#streams > 0 || !this.#session.closed || this.#cancelClose !== undefined) return
    this.#cancelClose = this.#setting.deadlines.after(closeTime, () => this.socket.destroy())
  }

  #onError(error: Error): void {
    const { code, message } = error as NodeJS.ErrnoException
    // A broken connection is not reported with HTTP/1 either.
    if (!protocolErrors.has(code ?? '')) return
    this.#setting.refuseUnanswered('BAD_FRAMES', this.peer.address, message)
  }

  #onClose(): void {
    this.#cancelIdle?.()
    this.#cancelClose?.()
    this.#setting.closed(this)
  }
}
