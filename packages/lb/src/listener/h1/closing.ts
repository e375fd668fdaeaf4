/**
 * Closes a client's connection behind its last response. Closing at once would reset the connection
 * while the client still sends, and the client might lose the end of its response.
 */
import type { Socket } from 'node:net'
import type { Clock } from '@resumelb/common'

/** Milliseconds for which is read, and dropped, what a client sends behind its last request. */
const lingerTime = 1_000

/**
 * Milliseconds for which a client may leave its last response unread, if nothing else watches that:
 * a client that reads nothing must not keep its connection.
 */
const lastResponseTime = 30_000

/**
 * Milliseconds that a connection without a request must be silent for to be closed when draining.
 */
const drainSilence = 50

export class Closing {
  readonly #socket: Socket
  readonly #clock: Clock
  #hasBegun = false
  /** Nothing has come since {@link whenSilent} began to wait. */
  #isSilent = false
  #cancelTimer: (() => void) | undefined

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Sends what is queued and the end, and drops what still comes. */
  begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.cancelTimer()
    const socket = this.#socket
    if (socket.writableLength > 0) this.limitLastResponse()
    socket.end(() => {
      // The kernel has all of it.
      if (!socket.destroyed) this.#destroyAfter(lingerTime)
    })
    socket.resume()
  }

  /** Limits the time that the client may take to read a response that ends the connection. */
  limitLastResponse(): void {
    this.#destroyAfter(lastResponseTime)
  }

  /** Destroys the connection when the client has been silent for a moment, unless it gets busy. */
  whenSilent(isBusy: () => boolean): void {
    this.#isSilent = true
    this.#clock.after(drainSilence, () => {
      if (isBusy()) return
      if (this.#isSilent) this.#socket.destroy()
      else this.whenSilent(isBusy)
    })
  }

  /** The client has sent something. */
  onData(): void {
    this.#isSilent = false
  }

  /** The connection is closed. */
  cancelTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #destroyAfter(milliseconds: number): void {
    this.cancelTimer()
    this.#cancelTimer = this.#clock.after(milliseconds, () => this.#socket.destroy())
  }
}
