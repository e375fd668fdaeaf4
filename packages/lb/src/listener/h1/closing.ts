/**
 * Closes a client's connection after its last response. Closing it at once would reset the
 * connection while the client is still sending, and the client might lose the end of the response.
 */
import type { Socket } from 'node:net'
import type { Clock } from '@resumelb/common'

/** Milliseconds for which bytes after the last request are read and discarded. */
const lingerTime = 1_000

/**
 * Maximum milliseconds that a client may take to read its last response, if nothing else limits it:
 * a client that does not read must not keep its connection.
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
  /** Whether nothing has arrived since {@link whenSilent} began to wait. */
  #isSilent = false
  #cancelTimer: (() => void) | undefined

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Sends what is queued and the end, and discards further input. */
  begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.cancelTimer()
    const socket = this.#socket
    if (socket.writableLength > 0) this.limitLastResponse()
    socket.end(() => {
      // The kernel has accepted all of it.
      if (!socket.destroyed) this.#destroyAfter(lingerTime)
    })
    socket.resume()
  }

  /** Limits the time in which the client must read a response that ends the connection. */
  limitLastResponse(): void {
    this.#destroyAfter(lastResponseTime)
  }

  /** Destroys the connection if the client sends nothing for a moment, unless a request starts. */
  whenSilent(isBusy: () => boolean): void {
    this.#isSilent = true
    this.#clock.after(drainSilence, () => {
      if (isBusy()) return
      if (this.#isSilent) this.#socket.destroy()
      else this.whenSilent(isBusy)
    })
  }

  /** The client has sent data. */
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
