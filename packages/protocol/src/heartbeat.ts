/** Finds a peer that is connected but silent. Pure but for its clock. */
import type { Clock } from '@resumelb/common'

export interface HeartbeatOptions {
  /** Milliseconds of silence after which to ask whether the peer is there. */
  readonly pingAfter: number
  /** Milliseconds of silence after which the peer is given up. */
  readonly silenceTimeout: number
}

export interface HeartbeatEvents {
  ping(): void
  /** Nothing was heard for so many milliseconds. */
  silent(duration: number): void
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #options: HeartbeatOptions
  readonly #events: HeartbeatEvents
  /** How often to look. */
  readonly #interval: number
  #lastHeard: number
  #lastTick: number
  #cancel: () => void

  constructor(clock: Clock, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#clock = clock
    this.#options = options
    this.#events = events
    this.#interval = options.pingAfter / 2
    this.#lastHeard = clock.now()
    this.#lastTick = this.#lastHeard
    this.#cancel = clock.after(this.#interval, () => this.#tick())
  }

  /** Something came from the peer. */
  heard(): void {
    this.#lastHeard = this.#clock.now()
  }

  stop(): void {
    this.#cancel()
  }

  #tick(): void {
    const now = this.#clock.now()
    const late = now - this.#lastTick > 2 * this.#interval
    this.#lastTick = now
    this.#cancel = this.#clock.after(this.#interval, () => this.#tick())
    // Our own event loop stood still: what the peer said meanwhile may wait in the socket.
    if (late) return
    const silence = now - this.#lastHeard
    if (silence >= this.#options.silenceTimeout) this.#events.silent(silence)
    else if (silence >= this.#options.pingAfter) this.#events.ping()
  }
}
