/** Detects a peer that is connected but sends nothing, or reads nothing. Pure but for its clock. */
import type { Clock } from '@resumelb/common'
import { ProtocolError } from './errors.ts'

export interface HeartbeatOptions {
  /** Milliseconds of silence after which a PING is sent. */
  readonly pingAfter: number
  /** Milliseconds after which the connection ends if the peer sends nothing, or reads nothing. */
  readonly silenceTimeout: number
}

export interface HeartbeatEvents {
  ping(): void
  /** A PING was not answered in half of `pingAfter`; or the peer, after that, sends again. */
  unanswered(isUnanswered: boolean): void
  /** Whether the peer is known to be alive, so that its silence does not end the connection. */
  isExcused(): boolean
  /** The peer has sent nothing, or read nothing, for `silenceTimeout`. */
  end(reason: ProtocolError): void
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
  /** Whether a PING was sent since the peer was heard. */
  #hasAsked = false
  #isUnanswered = false
  #cancel: () => void = () => undefined

  /** The clock must stop while the event loop is blocked. */
  constructor(clock: Clock, options: HeartbeatOptions, events: HeartbeatEvents) {
    this.#clock = clock
    this.#options = options
    this.#events = events
    this.#interval = options.pingAfter / 2
    this.#lastHeard = clock.now()
    this.#lastTaken = this.#lastHeard
  }

  /** The peer has introduced itself. What it does before is not judged. */
  begin(): void {
    this.#lastTaken = this.#clock.now()
    this.#cancel = this.#clock.after(this.#interval, () => this.#tick())
  }

  /** Something was received from the peer. */
  heard(): void {
    this.#lastHeard = this.#clock.now()
    if (this.#hasAsked) this.#answered()
  }

  /** The peer has read all that waited. */
  taken(): void {
    this.#lastTaken = this.#clock.now()
  }

  stop(): void {
    this.#cancel()
  }

  #answered(): void {
    this.#hasAsked = false
    if (!this.#isUnanswered) return
    this.#isUnanswered = false
    // What it has not read meanwhile, it could not.
    this.#lastTaken = this.#lastHeard
    this.#events.unanswered(false)
  }

  #tick(): void {
    const now = this.#clock.now()
    const events = this.#events
    this.#cancel = this.#clock.after(this.#interval, () => this.#tick())
    const { pingAfter, silenceTimeout } = this.#options
    if (!events.isBlocked()) this.#lastTaken = now
    if (!events.isReading()) this.#lastHeard = now
    const silence = now - this.#lastHeard
    const pause = now - this.#lastTaken
    if (silence >= silenceTimeout && !events.isExcused()) return this.#end(silent(silence))
    if (pause >= silenceTimeout && !this.#isUnanswered) return this.#end(stuck(pause))
    if (silence < pingAfter) return
    if (this.#hasAsked && !this.#isUnanswered) {
      this.#isUnanswered = true
      events.unanswered(true)
    }
    this.#hasAsked = true
    events.ping()
  }

  #end(reason: ProtocolError): void {
    this.#events.end(reason)
  }
}

function silent(duration: number): ProtocolError {
  const message = `no frame received for ${Math.round(duration)} ms`
  return new ProtocolError('SILENCE_TIMEOUT', message)
}

function stuck(duration: number): ProtocolError {
  const message = `the peer read nothing for ${Math.round(duration)} ms`
  return new ProtocolError('WRITE_TIMEOUT', message)
}
