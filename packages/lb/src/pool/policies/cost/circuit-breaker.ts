/** Whether a worker is to be trusted: how much it fails lately, and the pause it gets for it. */
import { fade } from './estimate.ts'

/** The part that the last outcome has in how much a worker fails. */
const outcomeShare = 0.2

/** A worker that fails more than this gets a pause: the fourth failure in a row is too much. */
const maxFailing = 0.5

/** Seconds over which failures are forgiven: a worker without requests could not show it is well. */
const forgivingTau = 10

/** Seconds of the longest pause. */
const maxPause = 60

/**
 * The breaker of one worker. A circuit breaker (Nygard, "Release It!"): closed while it serves, open
 * for a pause when it fails, half open after that: it may have one request at a time, and the first
 * it serves closes the breaker.
 */
export class CircuitBreaker {
  #failing = 0
  #at = 0
  /** 0 while the breaker is closed. */
  #pausedUntil = 0
  /** Longer than the last pause. A worker that has been well for so long begins anew. */
  #nextPause = 0
  #resumedAt = 0
  #isProbed = false

  /** The part of its requests that the worker fails lately, from 0 to 1. */
  failing(now: number): number {
    return this.#failing === 0 ? 0 : this.#failing * fade(now - this.#at, forgivingTau)
  }

  /** Says whether it should get no request now. */
  isPaused(now: number): boolean {
    return this.#pausedUntil > 0 && (now < this.#pausedUntil || this.#isProbed)
  }

  /** Says that it gets a request. Returns whether that one is to show if it is well again. */
  begin(now: number): boolean {
    if (this.#pausedUntil === 0 || now < this.#pausedUntil || this.#isProbed) return false
    this.#isProbed = true
    return true
  }

  succeed(now: number, isProbe: boolean): void {
    if (this.#failing > 0) this.#set(this.failing(now) * (1 - outcomeShare), now)
    if (!isProbe) return
    this.#isProbed = false
    this.#pausedUntil = 0
    this.#resumedAt = now
    this.#set(Math.min(this.#failing, maxFailing / 2), now)
  }

  /** `firstPause` is in seconds. */
  fail(now: number, isProbe: boolean, firstPause: number): void {
    const failing = this.failing(now)
    this.#set(failing + (1 - failing) * outcomeShare, now)
    if (isProbe) this.#pause(now, Math.max(firstPause, this.#nextPause))
    else if (this.#pausedUntil === 0 && this.#failing > maxFailing) {
      const hasBeenWell = now - this.#resumedAt > this.#nextPause
      this.#pause(now, hasBeenWell ? firstPause : Math.max(firstPause, this.#nextPause))
    }
  }

  /** The request ended in a way that tells nothing. */
  learnNothing(isProbe: boolean): void {
    if (isProbe) this.#isProbed = false
  }

  #pause(now: number, seconds: number): void {
    this.#isProbed = false
    this.#pausedUntil = now + seconds
    this.#nextPause = Math.min(seconds * 2, maxPause)
  }

  #set(failing: number, now: number): void {
    this.#failing = failing < 0.001 ? 0 : failing
    this.#at = now
  }
}
