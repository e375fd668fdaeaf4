/** `req.socket`: the client's connection, which ends at the load balancer. */
import { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import process from 'node:process'
import type { RequestHead } from '@resumelb/protocol'

/** What a socket shows of its worker, and what an application does to it. */
export interface SocketOwner {
  /** This end of the connection to the load balancer. */
  readonly local: AddressInfo
  /** The server of the worker. */
  readonly server: Server | undefined
  /** The response, until it was sent. */
  readonly currentResponse: ServerResponse | null
  /** Body bytes received of the request, and written of the response. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes of the response that have not been sent. */
  readonly queuedBytes: number
  /** The request is being read, which Node's class reports to its socket. */
  onResume(): void
  /** The application closes the client's connection. */
  onDestroy(): void
  /** Some iterations after {@link onDestroy}: the request and the response are to be closed. */
  onClose(): void
  /** The timeout of the application has run out. Returns whether there was a listener. */
  onTimeout(): boolean
  /** The application wants to write this number of bytes to the socket, past its response. */
  onRawWrite(bytes: number): void
  /** Calls back once after this number of milliseconds; the returned function cancels that. */
  after(milliseconds: number, callback: () => void): () => void
}

/** Maximum milliseconds of Node's timers. */
const maxTimeout = 2 ** 31 - 1

/**
 * Has the facts that applications and frameworks read from a socket. Ending or destroying it closes
 * the client's connection.
 */
export class RequestSocket {
  readonly #head: RequestHead
  readonly #owner: SocketOwner
  /** Replacements by the application. */
  // biome-ignore lint/style/useReadonlyClassProperties: a static method assigns it
  #replaced: Map<string, unknown> | undefined
  #cancelTimeout: (() => void) | undefined
  /** Milliseconds of silence after which `timeout` is emitted; 0: never. */
  timeout: number = 0
  destroyed: boolean = false

  constructor(head: RequestHead, owner: SocketOwner) {
    this.#head = head
    this.#owner = owner
  }

  /** The value of a fact, unless the application has replaced it. */
  static fact(socket: RequestSocket, name: string, tell: Fact): unknown {
    const replaced = socket.#replaced
    if (replaced?.has(name)) return replaced.get(name)
    return tell(socket.#head, socket.#owner, socket)
  }

  static replaceFact(socket: RequestSocket, name: string, value: unknown): void {
    socket.#replaced ??= new Map()
    socket.#replaced.set(name, value)
  }

  /** For Node's types: all that handlers use of a socket is here. */
  get asSocket(): Socket {
    return this as unknown as Socket
  }

  address(): AddressInfo {
    return this.#owner.local
  }

  /**
   * As in Node, `error` and then `close` are emitted later; an error without listeners is ignored.
   */
  destroy(error?: Error | null): this {
    if (this.destroyed) return this
    this.#stop()
    this.#owner.onDestroy()
    process.nextTick(() => {
      if (error && this.asSocket.listenerCount('error') > 0) this.asSocket.emit('error', error)
      setImmediate(() => {
        this.#owner.onClose()
        this.asSocket.emit('close', Boolean(error))
      })
    })
    return this
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  destroySoon(): void {
    this.destroy()
  }

  /** Not for handlers: the client has disconnected, or the connection to it is lost. */
  static closed(socket: RequestSocket): void {
    if (socket.destroyed) return
    socket.#stop()
    process.nextTick(() => socket.asSocket.emit('close', false))
  }

  /** Not for handlers: bytes were sent or received. */
  static moved(socket: RequestSocket): void {
    if (socket.timeout > 0) socket.#startTimeout()
  }

  /** Not for handlers: the response was sent, and what follows does not concern this request. */
  static over(socket: RequestSocket): void {
    socket.#stopTimeout()
  }

  end(chunk?: unknown): this {
    if (isChunk(chunk)) this.write(chunk)
    // Once the response is complete, the connection belongs to the load balancer again.
    if (this.#owner.currentResponse !== null) this.destroy()
    return this
  }

  /** The client's connection is not here, so only the response can be sent to it. */
  write(chunk: string | Uint8Array): boolean {
    if (!this.destroyed) this.#owner.onRawWrite(Buffer.byteLength(chunk))
    this.destroy()
    return false
  }

  setTimeout(milliseconds: number, callback?: () => void): this {
    if (callback !== undefined && typeof callback !== 'function') {
      throw badArgument('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be a function')
    }
    checkTimeout(milliseconds)
    this.#stopTimeout()
    if (milliseconds > 0) {
      this.timeout = Math.min(milliseconds, maxTimeout)
      if (callback) this.asSocket.once('timeout', callback)
      if (!this.destroyed) this.#startTimeout()
    } else if (callback) this.asSocket.removeListener('timeout', callback)
    return this
  }

  resume(): this {
    this.#owner.onResume()
    return this
  }

  #stop(): void {
    this.destroyed = true
    this.#stopTimeout()
  }

  #startTimeout(): void {
    this.#cancelTimeout?.()
    this.#cancelTimeout = this.#owner.after(this.timeout, () => {
      this.#cancelTimeout = undefined
      // The listeners of Node's server come first.
      if (!this.#owner.onTimeout()) this.destroy()
      this.asSocket.emit('timeout')
    })
  }

  #stopTimeout(): void {
    this.timeout = 0
    this.#cancelTimeout?.()
    this.#cancelTimeout = undefined
  }
}

type Fact = (head: RequestHead, owner: SocketOwner, socket: RequestSocket) => unknown

/** Options of a connection that is not here: they are accepted without effect. */
const ignored = ['setNoDelay', 'setKeepAlive', 'ref', 'unref', 'pause', 'setEncoding'] as const

/** Properties of a socket that can be read, and replaced by the application, as in Node. */
const facts: Readonly<Record<string, Fact>> = {
  // A client of a unix socket has none, as with Node's own server.
  remoteAddress: (head) => head.remoteAddress || undefined,
  remotePort: (head) => (head.remoteAddress === '' ? undefined : head.remotePort),
  remoteFamily: ({ remoteAddress }) =>
    remoteAddress === '' ? undefined : remoteAddress.includes(':') ? 'IPv6' : 'IPv4',
  encrypted: (head) => head.encrypted,
  localAddress: (_, owner) => owner.local.address,
  localPort: (_, owner) => owner.local.port,
  localFamily: (_, owner) => owner.local.family,
  server: (_, owner) => owner.server,
  _httpMessage: (_, owner) => owner.currentResponse,
  bytesRead: (_, owner) => owner.bytesRead,
  bytesWritten: (_, owner) => owner.bytesWritten,
  bufferSize: (_, owner) => owner.queuedBytes,
  writableLength: (_, owner) => owner.queuedBytes,
  writableNeedDrain: (_, owner) => owner.queuedBytes > 0,
  readableHighWaterMark: () => 16 * 1024,
  writableHighWaterMark: () => 16 * 1024,
  readable: (_head, _owner, socket) => !socket.destroyed,
  writable: (_head, _owner, socket) => !socket.destroyed,
  writableEnded: (_head, _owner, socket) => socket.destroyed,
  writableFinished: (_head, _owner, socket) => socket.destroyed,
  readableEnded: () => false,
  closed: (_head, _owner, socket) => socket.destroyed,
  readyState: (_head, _owner, socket) => (socket.destroyed ? 'closed' : 'open'),
  connecting: () => false,
  pending: () => false,
  allowHalfOpen: () => true,
}

for (const [name, tell] of Object.entries(facts)) {
  Object.defineProperty(RequestSocket.prototype, name, {
    configurable: true,
    get(this: RequestSocket) {
      return RequestSocket.fact(this, name, tell)
    },
    set(this: RequestSocket, value: unknown) {
      RequestSocket.replaceFact(this, name, value)
    },
  })
}

for (const name of [...ignored, 'cork', 'uncork']) {
  Object.defineProperty(RequestSocket.prototype, name, {
    configurable: true,
    writable: true,
    value(this: RequestSocket) {
      return this
    },
  })
}

// Inherits its methods, but does not run its constructor for each request: they initialise on
// demand, when there are listeners, which is rare.
Object.setPrototypeOf(RequestSocket.prototype, EventEmitter.prototype)

function isChunk(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array
}

function checkTimeout(milliseconds: unknown): void {
  if (typeof milliseconds !== 'number') {
    throw badArgument('ERR_INVALID_ARG_TYPE', 'The "msecs" argument must be of type number')
  }
  if (!(milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY)) {
    throw badArgument('ERR_OUT_OF_RANGE', 'The "msecs" argument must be a finite number from 0')
  }
}

/** An error that Node throws for arguments. */
function badArgument(code: string, message: string): Error {
  return Object.assign(
    code === 'ERR_OUT_OF_RANGE' ? new RangeError(message) : new TypeError(message),
    { code },
  )
}
