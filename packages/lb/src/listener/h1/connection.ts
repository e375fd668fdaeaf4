/**
 * A client's connection for as long as its requests are plain: with the first that is not, the
 * connection is `node:http`'s, from that request on and for good.
 */
import type { Socket } from 'node:net'
import type { AwakeClock } from '@resumelb/common'
import type { Client } from '../../http/client.ts'
import type { Peer } from '../peers.ts'
import { H1Client, type PlainOwner } from './h1-client.ts'
import type { H1HeadParser } from './head-parser.ts'
import type { WriteBatch } from './write-batch.ts'

/** What all plain connections of a server share. Times in milliseconds. */
export interface H1Setting {
  readonly reader: H1HeadParser
  readonly writeBatch: WriteBatch
  /** Knows whether a timeout has run out because nobody could look. */
  readonly deadlines: AwakeClock
  /** How long a new connection may say nothing; 0: for ever. */
  readonly headersTimeout: number
  /** How long clients are told that a connection may be idle between two requests; 0: for ever. */
  readonly keepAliveTimeout: number
  /** No connection shall carry one more request. */
  readonly isDraining: boolean
  peerOf(socket: Socket): Peer
  /** Takes a request. */
  serve(client: Client): void
  /** Gives the connection to `node:http`, which finds unread what was not plain. */
  handOver(connection: H1Connection): void
  /** The connection is over. */
  closed(connection: H1Connection): void
}

type Listener = (argument: unknown) => void

/** Milliseconds that the rest of a head may take before `node:http` waits for it. */
const headPatience = 1_000

/** Milliseconds by which connections outlive what clients are told, who may use the last moment. */
const keepAliveGrace = 1_000

/**
 * Milliseconds for which is read, and dropped, what a client sends behind its last request. To close
 * at once would reset the connection, and the client might lose the end of its response.
 */
const lingerTime = 1_000

export class H1Connection implements PlainOwner {
  readonly socket: Socket
  readonly peer: Peer
  readonly writeBatch: WriteBatch
  readonly keepAliveLines: string
  readonly onSent: (error?: Error | null) => void
  readonly #setting: H1Setting
  readonly #listeners: readonly (readonly [event: string, listener: Listener])[]
  /** Whose request is in progress, or has not come whole. */
  #client: H1Client | undefined
  /** Bytes of the request's body that have not come. */
  #owed = 0
  #isBodyHeld = false
  /** What has come and is not used: part of a head, or a request before its turn. */
  #unused: Buffer | undefined
  /** When it runs out, the rest of a head is left to `node:http`, or a leaving client is cut off. */
  #patience: NodeJS.Timeout | undefined
  #isLeaving = false
  /** Whether the socket's timeout is the one between two requests. */
  #isIdleTimed = false
  #isStale = false

  constructor(socket: Socket, setting: H1Setting) {
    this.socket = socket
    this.peer = setting.peerOf(socket)
    this.writeBatch = setting.writeBatch
    this.#setting = setting
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

  /** Lets go of the socket, and gives it back what nobody has used. */
  release(): Socket {
    const { socket } = this
    this.#stopPatience()
    for (const [event, listener] of this.#listeners) socket.off(event, listener)
    socket.setTimeout(0)
    // What is given back is only seen by a reader who finds the stream at rest.
    socket.pause()
    if (this.#unused !== undefined) socket.unshift(this.#unused)
    return socket
  }

  /** Ends the connection if it carries no request and has been silent since the last call. */
  closeIfStale(): void {
    if (this.#client !== undefined) {
      // Answered, though its request has not come whole.
      if (this.#client.isOver) this.#leave()
      return
    }
    if (this.#isStale) this.socket.destroy()
    this.#isStale = true
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
    this.#isStale = false
    if (this.#isLeaving) return
    if (this.#owed > 0) this.#onBody(chunk)
    else if (this.#client === undefined) this.#readHead(chunk)
    else this.#hold(chunk)
  }

  #onBody(chunk: Buffer): void {
    const client = this.#client as H1Client
    const mine = chunk.length > this.#owed ? chunk.subarray(0, this.#owed) : chunk
    this.#owed -= mine.length
    if (mine.length < chunk.length) this.#hold(chunk.subarray(mine.length))
    if (!client.receive(mine, this.#owed === 0)) {
      this.#isBodyHeld = true
      this.socket.pause()
    }
    if (this.#owed === 0 && client.isOver) this.#next()
  }

  /** A request that has come before its turn. While there is not too much of it, it is seen if the client leaves. */
  #hold(chunk: Buffer): void {
    this.#unused = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    if (this.#unused.length > this.#setting.reader.maxLength) this.socket.pause()
  }

  #readHead(chunk: Buffer): void {
    const { reader, handOver } = this.#setting
    const bytes = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    const head = reader.read(bytes, this.peer.isTrusted)
    if (head === undefined) {
      this.#unused = bytes
      if (reader.mayGrow(bytes)) this.#awaitHead()
      else handOver(this)
      return
    }
    const { length, isLast } = head
    const { contentLength } = head.facts
    const hasMore = length < bytes.length
    // Whoever sends requests before their turn is served better by `node:http`.
    if (hasMore && contentLength === 0 && !isLast) {
      this.#unused = bytes
      return handOver(this)
    }
    this.#unused = undefined
    if (this.#patience !== undefined) this.#stopPatience()
    const client = new H1Client(head, this)
    this.#client = client
    this.#owed = contentLength
    this.#setting.serve(client)
    if (hasMore && contentLength > 0) this.#onBody(bytes.subarray(length))
  }

  #awaitHead(): void {
    this.#patience ??= setTimeout(() => this.#setting.handOver(this), headPatience)
  }

  #stopPatience(): void {
    clearTimeout(this.#patience)
    this.#patience = undefined
  }

  #onSent(error: Error | null | undefined): void {
    const client = this.#client
    if (client === undefined || this.#isLeaving || error || this.socket.destroyed) return
    client.over()
    if (client.isLast) return this.#leave()
    if (this.#owed === 0) return this.#next()
    // The rest of the request may stand still because nobody wanted it.
    this.onBodyWanted()
  }

  /** The turn of the next request. */
  #next(): void {
    if (!this.#isIdleTimed || this.#client?.isWatched) this.#timeIdleness()
    this.#client = undefined
    if (this.#unused !== undefined) this.#setting.handOver(this)
    else if (this.#setting.isDraining) this.#leave()
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
    this.#unused = undefined
    this.#stopPatience()
    this.socket.end(() => this.#linger())
    this.socket.resume()
  }

  /** All that we had to say is with the kernel. */
  #linger(): void {
    if (this.socket.destroyed) return
    this.#patience = setTimeout(() => this.socket.destroy(), lingerTime)
  }

  #onTimeout(): void {
    // The next request, or the rest of one, may wait in the socket.
    if (this.#setting.deadlines.isCatchingUp) this.socket.setTimeout(this.socket.timeout ?? 0)
    else if (this.#client === undefined || this.#client.isOver) this.socket.destroy()
    else this.#client.silent()
  }

  /** The client sends no more: as for `node:http`, it has left. */
  #onEnd(): void {
    this.writeBatch.flush()
    this.#client?.gone()
    this.#leave()
  }

  #onClose(): void {
    this.#stopPatience()
    this.#client?.gone()
    this.#setting.closed(this)
  }
}
