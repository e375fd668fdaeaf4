/**
 * A client's connection for as long as its requests are plain: with the first that is not, the
 * connection is `node:http`'s, from that request on and for good.
 */
import type { Socket } from 'node:net'
import type { Client } from './client.ts'
import type { Peer } from './peers.ts'
import { PlainClient, type PlainOwner } from './plain-client.ts'
import type { PlainHeadReader } from './plain-head.ts'

/** What all plain connections of a server share. Times in milliseconds. */
export interface PlainSetting {
  /** Bytes of the longest head that is read here. */
  readonly maxHeadLength: number
  readonly reader: PlainHeadReader
  /** How long a new connection may say nothing; 0: for ever. */
  readonly headersTimeout: number
  /** How long a connection may be idle between two requests; 0: for ever. */
  readonly keepAliveTimeout: number
  peerOf(socket: Socket): Peer
  /** Takes a request. */
  serve(client: Client): void
  /** Gives the connection to `node:http`, which finds unread what was not plain. */
  handOver(connection: PlainConnection): void
  /** The connection is over. */
  closed(connection: PlainConnection): void
}

type Listener = (argument: unknown) => void

/** Milliseconds that the rest of a head may take before `node:http` waits for it. */
const headPatience = 1_000

export class PlainConnection implements PlainOwner {
  readonly socket: Socket
  readonly peer: Peer
  readonly keepAliveLines: string
  readonly onSent: () => void
  readonly #setting: PlainSetting
  readonly #listeners: readonly (readonly [event: string, listener: Listener])[]
  #client: PlainClient | undefined
  /** Bytes of the request's body that have not come. */
  #owed = 0
  #isBodyHeld = false
  /** What has come and is not used: part of a head, or a request before its turn. */
  #unused: Buffer | undefined
  #patience: NodeJS.Timeout | undefined
  #isIdleTimed = false

  constructor(socket: Socket, setting: PlainSetting) {
    this.socket = socket
    this.peer = setting.peerOf(socket)
    this.#setting = setting
    const { keepAliveTimeout } = setting
    const seconds = Math.floor(keepAliveTimeout / 1000)
    const keepAlive = keepAliveTimeout > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : ''
    this.keepAliveLines = `Connection: keep-alive\r\n${keepAlive}`
    this.onSent = () => this.#onSent()
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

  /** Whether no request is in progress, and none has begun to come. */
  get isIdle(): boolean {
    return this.#client === undefined && this.#unused === undefined
  }

  /** Lets go of the socket, and gives it back what nobody has used. */
  release(): Socket {
    const { socket } = this
    clearTimeout(this.#patience)
    for (const [event, listener] of this.#listeners) socket.off(event, listener)
    socket.setTimeout(0)
    // What is given back is only seen by a reader who finds the stream at rest.
    socket.pause()
    if (this.#unused !== undefined) socket.unshift(this.#unused)
    return socket
  }

  onBodyWanted(): void {
    if (!this.#isBodyHeld) return
    this.#isBodyHeld = false
    this.socket.resume()
  }

  #onData(chunk: Buffer): void {
    if (this.#owed > 0) this.#onBody(chunk)
    else if (this.#client === undefined) this.#readHead(chunk)
    else this.#hold(chunk)
  }

  #onBody(chunk: Buffer): void {
    const client = this.#client as PlainClient
    const mine = chunk.length > this.#owed ? chunk.subarray(0, this.#owed) : chunk
    this.#owed -= mine.length
    if (mine.length < chunk.length) this.#hold(chunk.subarray(mine.length))
    if (!client.receive(mine, this.#owed === 0)) {
      this.#isBodyHeld = true
      this.socket.pause()
    }
    if (this.#owed === 0 && client.isOver) this.#next()
  }

  /** A request that has come before its turn: nobody reads on until then. */
  #hold(chunk: Buffer): void {
    this.#unused = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    this.socket.pause()
  }

  #readHead(chunk: Buffer): void {
    const bytes = this.#unused === undefined ? chunk : Buffer.concat([this.#unused, chunk])
    this.#unused = bytes
    const { maxHeadLength, reader } = this.#setting
    const end = endOfHead(bytes)
    if (end < 0 && bytes.length < maxHeadLength) return this.#awaitHead()
    const mine = end < bytes.length ? bytes.subarray(0, Math.max(0, end)) : bytes
    const isRead = end > 0 && end <= maxHeadLength
    const head = isRead ? reader.read(mine, this.peer.isTrusted) : undefined
    // After a head without a body, there is only another request.
    if (head === undefined || (end < bytes.length && head.facts.contentLength === 0)) {
      return this.#setting.handOver(this)
    }
    this.#unused = undefined
    if (this.#patience !== undefined) this.#loseInterest()
    this.#serve(new PlainClient(head, this), head.facts.contentLength)
    if (end < bytes.length) this.#onBody(bytes.subarray(end))
  }

  #serve(client: PlainClient, contentLength: number): void {
    this.#client = client
    this.#owed = contentLength
    this.#setting.serve(client)
  }

  #awaitHead(): void {
    this.#patience ??= setTimeout(() => this.#setting.handOver(this), headPatience)
  }

  #loseInterest(): void {
    clearTimeout(this.#patience)
    this.#patience = undefined
  }

  #onSent(): void {
    const client = this.#client
    if (client === undefined || this.socket.destroyed) return
    client.over()
    // The rest of its request may stand still because nobody wanted it.
    if (this.#owed > 0) this.onBodyWanted()
    if (client.isLast) this.socket.end()
    else if (this.#owed === 0) this.#next()
  }

  /** The turn of the next request. */
  #next(): void {
    if (!this.#isIdleTimed || this.#client?.isWatched) {
      this.#isIdleTimed = true
      this.socket.setTimeout(this.#setting.keepAliveTimeout)
    }
    this.#client = undefined
    // Whoever sends requests before their turn is served better by `node:http`.
    if (this.#unused !== undefined) this.#setting.handOver(this)
  }

  #onTimeout(): void {
    if (this.#client === undefined || this.#client.isOver) this.socket.destroy()
    else this.#client.silent()
  }

  /** The client sends no more: as for `node:http`, it has left. */
  #onEnd(): void {
    this.#client?.over()
    this.socket.end()
  }

  #onClose(): void {
    clearTimeout(this.#patience)
    this.#client?.over()
    this.#setting.closed(this)
  }
}

const emptyLine = Buffer.from('\r\n\r\n')

/** Where the head in these bytes ends; -1 if it does not. */
function endOfHead(bytes: Buffer): number {
  const { length } = bytes
  // Nearly always there is a head and nothing else; if not, it is not plain.
  const isAtEnd = length > 4 && bytes[length - 1] === 10 && bytes[length - 3] === 10
  if (isAtEnd && bytes[length - 2] === 13 && bytes[length - 4] === 13) return length
  const at = bytes.indexOf(emptyLine)
  return at < 0 ? -1 : at + emptyLine.length
}
