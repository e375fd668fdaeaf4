/** Publishes the load and the résumé of a worker to its load balancers, if they have changed. */
import type { Load, Resume, ResumeChanges } from '@resumelb/protocol'
import type { ResumeKeeper } from '@resumelb/resume'

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
  /** The last published load, as text. */
  #published = ''
  /**
   * The résumé for all that connect between two requests, or within a second: creating one is
   * expensive.
   */
  #helloResume: Resume | undefined

  constructor(audience: PublisherAudience, keeper: ResumeKeeper) {
    this.#audience = audience
    this.#keeper = keeper
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

  /** Publishes what has changed in the résumé, if that is due. */
  publishResume(now: number): void {
    this.#helloResume = undefined
    if (this.#keeper.isDue(now)) this.#audience.tellResume(this.#keeper.takeChanges(now))
  }

  /** Publishes the load with all that has changed in the résumé until then. */
  publishAll(load: Load, now: number): void {
    this.#helloResume = undefined
    const changes = this.#keeper.takeChanges(now)
    if (changes.size > 0) this.#audience.tellResume(changes)
    this.publishLoad(load)
  }
}
