/** Detects a peer that is connected but sends nothing, or reads nothing. Pure but for its clock. */
import type { Clock } from '@resumelb/common'

export interface HeartbeatOptions {
  /** Milliseconds of silence after which a PING is sent. */
  readonly pingAfter: number
  /** Milliseconds after which the connection ends if the peer sends nothing, or reads nothing. */
  readonly silenceTimeout: number
}

export interface HeartbeatEvents {
  ping(): void
  /** Nothing was received for this number of milliseconds. */
  silent(duration: number): void
  /** Nothing was read by the peer for this number of milliseconds, although bytes wait. */
  stuck(duration: number): void
  /** Whether bytes wait that the peer has not read. */
  isBlocked(): boolean
  /** Whether this end reads what the peer sends; while it does not, silence means nothing. */
  isReading(): boolean
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #options: HeartbeatOptions
  readonly #events: HeartbeatEvents
  /** Milliseconds between two checks. */
  readonly #interval: number
  #lastHeard: number
  #lastTaken: number
  #cancel: () => void

  /** The clock must stop while the event loop is blocked. */
  constructor(clock: Clock, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#clock = clock
    this.#options = options
    this.#events = events
    this.#interval = options.pingAfter / 2
    this.#lastHeard = clock.now()
    this.#lastTaken = this.#lastHeard
    this.#cancel = clock.after(this.#interval, () => this.#tick())
  }

  /** Something was received from the peer. */
  heard(): void {
    this.#lastHeard = this.#clock.now()
  }

  /** The peer has read all that waited. */
  taken(): void {
    this.#lastTaken = this.#clock.now()
  }

  stop(): void {
    this.#cancel()
  }

  #tick(): void {
    const now = this.#clock.now()
    this.#cancel = this.#clock.after(this.#interval, () => this.#tick())
    const { pingAfter, silenceTimeout } = this.#options
    if (!this.#events.isBlocked()) this.#lastTaken = now
    if (!this.#events.isReading()) this.#lastHeard = now
    const silence = now - this.#lastHeard
    const pause = now - this.#lastTaken
    if (silence >= silenceTimeout) this.#events.silent(silence)
    else if (pause >= silenceTimeout) this.#events.stuck(pause)
    else if (silence >= pingAfter) this.#events.ping()
  }
}
