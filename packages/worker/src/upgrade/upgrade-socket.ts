/**
 * The client's connection as an upgraded application has it: a stream of the protocol behind a
 * socket.
 */
import type { Buffer } from 'node:buffer'
import type { AddressInfo, Server } from 'node:net'
import { Duplex } from 'node:stream'
import type { RequestHead } from '@resumelb/protocol'

type Callback = (error?: Error | null) => void

/** Where the bytes come from and go to. */
export interface UpgradeSocketOwner {
  /** This end of the connection to the load balancer. */
  readonly local: AddressInfo
  /** What the worker listens with. */
  readonly server: Server | undefined
  /** The application has taken what has come, and wants more. */
  onRead(): void
  /** Bytes that the application writes; `callback` says that more may come. */
  onWrite(bytes: Buffer, callback: Callback): void
  /** The application ends its side. */
  onFinish(callback: Callback): void
  onDestroy(): void
  /** Calls back once after so many milliseconds; the function it returns calls that off. */
  after(milliseconds: number, callback: () => void): () => void
}

/** Has what applications and libraries such as ws use of a `net.Socket`. */
export class UpgradeSocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteFamily: string
  readonly encrypted: boolean
  readonly localAddress: string
  readonly localPort: number
  readonly localFamily: string
  readonly server: Server | undefined
  readonly connecting: boolean = false
  readonly pending: boolean = false
  /**
   * Milliseconds without a byte in either direction after which `timeout` is emitted; 0: it is not.
   */
  timeout: number = 0
  bytesRead = 0
  bytesWritten = 0
  readonly #owner: UpgradeSocketOwner
  #cancelTimeout: (() => void) | undefined

  constructor(head: RequestHead, owner: UpgradeSocketOwner) {
    super({ allowHalfOpen: true })
    const { local } = owner
    this.remoteAddress = head.remoteAddress
    this.remotePort = head.remotePort
    this.remoteFamily = head.remoteAddress.includes(':') ? 'IPv6' : 'IPv4'
    this.encrypted = head.encrypted
    this.localAddress = local.address
    this.localPort = local.port
    this.localFamily = local.family
    this.server = owner.server
    this.#owner = owner
  }

  get readyState(): string {
    if (this.destroyed) return 'closed'
    if (this.readable && this.writable) return 'open'
    return this.readable ? 'readOnly' : this.writable ? 'writeOnly' : 'closed'
  }

  address(): AddressInfo {
    return this.#owner.local
  }

  /** `callback` is a listener for the event `timeout`, once. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds
    this.#cancelTimeout?.()
    if (callback && milliseconds > 0) this.once('timeout', callback)
    else if (callback) this.off('timeout', callback)
    this.#awaitSilence()
    return this
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Not for applications: bytes have come; false if more should wait for `onRead`. */
  receive(bytes: Buffer): boolean {
    this.bytesRead += bytes.length
    this.#awaitSilence()
    return this.push(bytes)
  }

  /** Not for applications: no more bytes come. As with a `net.Socket`, `end` needs no reader. */
  finish(): void {
    if (this.destroyed) return
    this.push(null)
    this.read(0)
  }

  /** Not for applications: bytes have left. */
  moved(): void {
    this.#awaitSilence()
  }

  override _read(): void {
    this.#owner.onRead()
  }

  override _write(chunk: Buffer, _encoding: string, callback: Callback): void {
    this.bytesWritten += chunk.length
    this.#awaitSilence()
    this.#owner.onWrite(chunk, callback)
  }

  override _final(callback: Callback): void {
    this.#owner.onFinish(callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#cancelTimeout?.()
    this.#owner.onDestroy()
    callback(error)
  }

  #awaitSilence(): void {
    if (this.timeout === 0 || this.destroyed) return
    this.#cancelTimeout?.()
    this.#cancelTimeout = this.#owner.after(this.timeout, () => this.emit('timeout'))
  }
}

/** What is set of a connection that is not here: it is taken, and changes nothing. */
const ignored = ['setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const

for (const name of ignored) {
  Object.defineProperty(UpgradeSocket.prototype, name, {
    configurable: true,
    writable: true,
    value(this: UpgradeSocket) {
      return this
    },
  })
}
