/** Finds a peer that is connected but says nothing, or takes nothing. Pure but for its clock. */
import type { Clock } from '@resumelb/common'

export interface HeartbeatOptions {
  /** Milliseconds of silence after which to ask whether the peer is there. */
  readonly pingAfter: number
  /** Milliseconds after which a peer is given up that says nothing, or takes nothing of what waits. */
  readonly silenceTimeout: number
}

export interface HeartbeatEvents {
  ping(): void
  /** Nothing was heard for so many milliseconds. */
  silent(duration: number): void
  /** Nothing was taken for so many milliseconds, though something waits. */
  stuck(duration: number): void
  /** Whether something waits that the peer has not taken. */
  isBlocked(): boolean
  /** Whether this end reads what the peer sends; while it does not, silence means nothing. */
  isReading(): boolean
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #options: HeartbeatOptions
  readonly #events: HeartbeatEvents
  /** How often to look. */
  readonly #interval: number
  #lastHeard: number
  #lastTaken: number
  #cancel: () => void

  /** The clock is one that does not go on while the event loop stands still. */
  constructor(clock: Clock, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#clock = clock
    this.#options = options
    this.#events = events
    this.#interval = options.pingAfter / 2
    this.#lastHeard = clock.now()
    this.#lastTaken = this.#lastHeard
    this.#cancel = clock.after(this.#interval, () => this.#tick())
  }

  /** Something came from the peer. */
  heard(): void {
    this.#lastHeard = this.#clock.now()
  }

  /** The peer has taken all that waited. */
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
