/** Two connected sockets in memory, for tests without a network. */
import { Duplex } from 'node:stream'

type Callback = (error?: Error | null) => void

export interface MemoryPairOptions {
  /** Nothing arrives until a test calls {@link MemorySocket.deliver}. */
  readonly isManual?: boolean
  /** Receives all bytes when they are written, in order. */
  readonly tap?: (socket: MemorySocket, bytes: Buffer) => void
}

/** Two sockets: what is written to one can be read from the other, later and as a copy. */
export function memoryPair(options: MemoryPairOptions = {}): [MemorySocket, MemorySocket] {
  const left = new MemorySocket(options)
  const right = new MemorySocket(options)
  left.joinTo(right)
  right.joinTo(left)
  return [left, right]
}

/** One end of a {@link memoryPair}. It ends with its peer, like a TCP socket. */
export class MemorySocket extends Duplex {
  readonly #options: MemoryPairOptions
  #peer: MemorySocket | undefined
  /** Written and not yet delivered. */
  #transit: Buffer = Buffer.alloc(0)
  #written: Callback | undefined
  #isEnded = false
  #isScheduled = false
  /** Set while our reader is paused: what the peer waits for. */
  #unblockPeer: (() => void) | undefined

  constructor(options: MemoryPairOptions) {
    super({ allowHalfOpen: false })
    this.#options = options
  }

  /** Bytes written that have not been delivered. */
  get transitLength(): number {
    return this.#transit.length
  }

  joinTo(peer: MemorySocket): void {
    this.#peer = peer
  }

  /** Delivers up to `most` bytes, and then the end, to the peer. */
  deliver(most: number = Number.POSITIVE_INFINITY): void {
    const length = Math.min(most, this.#transit.length)
    const peer = this.#peer
    if (peer === undefined || peer.destroyed) return
    const arrived = Buffer.from(this.#transit.subarray(0, length))
    this.#transit = this.#transit.subarray(length)
    let goesOn = true
    try {
      // The reader may throw, which must not affect this socket.
      if (length > 0) goesOn = peer.push(arrived)
    } finally {
      if (goesOn) this.#delivered()
      else peer.#unblockPeer = () => this.#delivered()
    }
  }

  override _write(chunk: Buffer, _encoding: string, callback: Callback): void {
    this.#options.tap?.(this, chunk)
    this.#transit = Buffer.concat([this.#transit, chunk])
    this.#written = callback
    this.#schedule()
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', callback)
  }

  override _final(callback: Callback): void {
    this.#isEnded = true
    this.#schedule()
    callback()
  }

  override _read(): void {
    const unblock = this.#unblockPeer
    this.#unblockPeer = undefined
    if (unblock) setImmediate(unblock)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    // A TCP socket that disappears resets its peer.
    setImmediate(() => this.#peer?.destroy())
    callback(error)
  }

  #schedule(): void {
    if (this.#options.isManual || this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.deliver()
    })
  }

  #delivered(): void {
    if (this.#transit.length > 0) return
    const written = this.#written
    this.#written = undefined
    written?.()
    if (this.#isEnded && this.#peer && !this.#peer.readableEnded) {
      this.#isEnded = false
      this.#peer.push(null)
    }
  }
}
