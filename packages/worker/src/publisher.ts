/** Publishes the load and the résumé of a worker to its load balancers, if they have changed. */
import type { Clock } from '@resumelb/common'
import type { Load, Resume, ResumeChanges } from '@resumelb/protocol'
import { type ResumeKeeper, urgentPeriod } from '@resumelb/resume'

/** Sends to all load balancers. */
export interface PublisherAudience {
  tellLoad(load: Load): void
  tellResume(changes: ResumeChanges): void
}

/** Event-loop delays that differ by less than so many milliseconds are not published again. */
const delayStep = 10

export class Publisher {
  readonly #audience: PublisherAudience
  readonly #keeper: ResumeKeeper
  readonly #clock: Clock
  /** Present while something waits until it may be published. */
  #cancel: (() => void) | undefined
  /** The last published load, as text. */
  #published = ''
  /**
   * The résumé for all that connect between two requests, or within a second: creating one is
   * expensive.
   */
  #helloResume: Resume | undefined

  constructor(audience: PublisherAudience, keeper: ResumeKeeper, clock: Clock) {
    this.#audience = audience
    this.#keeper = keeper
    this.#clock = clock
  }

  /**
   * The résumé for a load balancer that has just connected. `now` is in seconds, here and below.
   */
  helloResume(now: number): Resume {
    this.#helloResume ??= this.#keeper.resume(now)
    return this.#helloResume
  }

  /** Publishes the load, unless it is as before. */
  publishLoad(load: Load): void {
    const eventLoopDelay = Math.round(load.eventLoopDelay / delayStep)
    const text = JSON.stringify({ ...load, eventLoopDelay })
    if (text === this.#published) return
    this.#published = text
    this.#audience.tellLoad(load)
  }

  /** Publishes what has changed in the résumé, if that is due, or as soon as it is. */
  publishResume(now: number): void {
    this.#helloResume = undefined
    if (this.#keeper.isDue(now)) {
      this.stop()
      this.#audience.tellResume(this.#keeper.takeChanges(now))
    } else if (this.#keeper.isUrgent) {
      this.#cancel ??= this.#clock.after(1000 * urgentPeriod, () => {
        this.#cancel = undefined
        this.publishResume(this.#clock.now() / 1000)
      })
    }
  }

  /** Publishes nothing later. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Publishes the load with all that has changed in the résumé until then. */
  publishAll(load: Load, now: number): void {
    this.#helloResume = undefined
    const changes = this.#keeper.takeChanges(now)
    if (changes.size > 0) this.#audience.tellResume(changes)
    this.publishLoad(load)
  }
}
