/** What `req.socket` shows of the client's connection, which ends at the load balancer. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { RequestHead } from '@resumelb/protocol'

/**
 * Has the facts that applications and frameworks ask of a socket, and answers their wishes about
 * timeouts and buffers with silence: those of the real connection are the load balancer's.
 */
export class RequestSocket extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily: string
  readonly encrypted: boolean
  readonly localAddress: string = '127.0.0.1'
  readonly localPort: number = 0
  readonly readableHighWaterMark: number = 16 * 1024
  readonly writableLength: number = 0
  readonly bytesRead: number = 0
  readonly bytesWritten: number = 0
  readable: boolean = true
  writable: boolean = true
  destroyed: boolean = false
  readonly #onDestroy: () => void

  /** `onDestroy` is called when the application destroys the socket, to give the request up. */
  constructor(head: RequestHead, onDestroy: () => void) {
    super()
    this.remoteAddress = head.remoteAddress
    this.remotePort = head.remotePort
    this.remoteFamily = head.remoteAddress.includes(':') ? 'IPv6' : 'IPv4'
    this.encrypted = head.encrypted
    this.#onDestroy = onDestroy
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
    this.#onDestroy()
    return this
  }

  /** The client, or the connection to it, is gone. */
  end(): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.readable = false
    this.writable = false
    process.nextTick(() => this.emit('close'))
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
