/** Publishes what an application is warm for: soon after it has changed, and not too often. */
import type { Clock } from '@resumelb/common'
import type { WarmthChanges } from '@resumelb/protocol'
import type { WarmLinks } from './warm-links.ts'

/** Minimum milliseconds between two publications. */
const interval = 50

/** Links that are published at once: 50,000 a second. */
export const maxLinksAtOnce = 2_500

export class WarmthPublisher {
  readonly #links: WarmLinks
  readonly #clock: Clock
  readonly #publish: (changes: WarmthChanges) => void
  #publishedAt = Number.NEGATIVE_INFINITY
  /** Present while it waits until it may publish again. */
  #cancel: (() => void) | undefined

  constructor(links: WarmLinks, clock: Clock, publish: (changes: WarmthChanges) => void) {
    this.#links = links
    this.#clock = clock
    this.#publish = publish
  }

  /** Publishes what has changed, now or as soon as it may. */
  changed(): void {
    if (this.#cancel !== undefined || !this.#links.hasChanges) return
    const now = this.#clock.now()
    const wait = this.#publishedAt + interval - now
    if (wait <= 0) {
      const changes = this.#links.takeChanges(maxLinksAtOnce)
      if (changes === undefined) return
      this.#publishedAt = now
      this.#publish(changes)
    }
    if (!this.#links.hasChanges) return
    this.#cancel = this.#clock.after(wait > 0 ? wait : interval, this.#goOn)
  }

  /** Publishes nothing more that has changed before. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  readonly #goOn = (): void => {
    this.#cancel = undefined
    this.changed()
  }
}
