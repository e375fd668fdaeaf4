/** What `req.socket` shows of the client's connection, which ends at the load balancer. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { RequestHead } from '@resumelb/protocol'

/** Who is told what an application does to the socket. */
export interface SocketOwner {
  /** It destroys it, to give the request up. */
  giveUp(): void
}

/**
 * Has the facts that applications and frameworks ask of a socket, and answers their wishes about
 * timeouts and buffers with silence: those of the real connection are the load balancer's.
 */
export class RequestSocket {
  readonly #head: RequestHead
  readonly #owner: SocketOwner
  destroyed: boolean = false

  constructor(head: RequestHead, owner: SocketOwner) {
    this.#head = head
    this.#owner = owner
  }

  get remoteAddress(): string {
    return this.#head.remoteAddress
  }

  get remotePort(): number {
    return this.#head.remotePort
  }

  get remoteFamily(): string {
    return this.#head.remoteAddress.includes(':') ? 'IPv6' : 'IPv4'
  }

  get encrypted(): boolean {
    return this.#head.encrypted
  }

  get localAddress(): string {
    return '127.0.0.1'
  }

  get localPort(): number {
    return 0
  }

  get readableHighWaterMark(): number {
    return 16 * 1024
  }

  get writableLength(): number {
    return 0
  }

  get bytesRead(): number {
    return 0
  }

  get bytesWritten(): number {
    return 0
  }

  get readable(): boolean {
    return !this.destroyed
  }

  get writable(): boolean {
    return !this.destroyed
  }

  /** For Node's own types: all that handlers use of a socket is here. */
  get asSocket(): Socket {
    return this as unknown as Socket
  }

  address(): object {
    return { address: this.localAddress, family: 'IPv4', port: this.localPort }
  }

  destroy(): this {
    if (this.destroyed) return this
    this.end()
    this.#owner.giveUp()
    return this
  }

  /** The client, or the connection to it, is gone. */
  end(): this {
    if (this.destroyed) return this
    this.destroyed = true
    process.nextTick(() => this.asSocket.emit('close'))
    return this
  }

  destroySoon(): void {
    this.destroy()
  }

  write(): boolean {
    return false
  }

  setTimeout(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  cork(): void {}

  uncork(): void {}

  pause(): this {
    return this
  }

  resume(): this {
    return this
  }
}

// Inherits its methods, but does not run its constructor for each request: what that sets up, they
// set up themselves when somebody listens, and hardly anybody does.
Object.setPrototypeOf(RequestSocket.prototype, EventEmitter.prototype)
