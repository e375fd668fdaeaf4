/** Publishes soon which classes are new to a worker: before they have been served there. */
import type { Clock } from '@resumelb/common'
import type { RequestClass, ResumeChanges, Skill } from '@resumelb/protocol'
import type { ResumeKeeper } from './resume-keeper.ts'
import { shortestService } from './size-fit.ts'

/** Milliseconds between two publications, at least. */
const interval = 5

/** Requests from which on a class is no longer new, and published with all others. */
const matureCount = 8

/** Maximum number of classes that are new at once. Those beyond are published with all others. */
const maxNewClasses = 1024

/**
 * A class that no worker knows is given to the worker where it costs least, which loads it. Load
 * balancers that do not hear of that until it has been served, or a second later, each have it
 * loaded by another worker.
 */
export class NewClassPublisher {
  readonly #keeper: ResumeKeeper
  readonly #clock: Clock
  readonly #publish: (changes: ResumeChanges) => void
  /** Requests in progress of the classes that were not in the résumé when they came. */
  readonly #inProgress = new Map<RequestClass, number>()
  readonly #changed = new Set<RequestClass>()
  #cancel: (() => void) | undefined

  constructor(keeper: ResumeKeeper, clock: Clock, publish: (changes: ResumeChanges) => void) {
    this.#keeper = keeper
    this.#clock = clock
    this.#publish = publish
  }

  /** A request has come. Returns whether its class is new: then {@link end} is to be called. */
  begin(requestClass: RequestClass): boolean {
    if (this.#keeper.has(requestClass)) return false
    const before = this.#inProgress.get(requestClass) ?? 0
    if (before === 0) {
      if (this.#inProgress.size >= maxNewClasses) return false
      this.#note(requestClass)
    }
    this.#inProgress.set(requestClass, before + 1)
    return true
  }

  /** A request was served, with this skill since. */
  served(requestClass: RequestClass, { count }: Skill): void {
    if (count < matureCount && this.#changed.size < maxNewClasses) this.#note(requestClass)
  }

  /** A request whose class was new has ended, whether or not it was served. */
  end(requestClass: RequestClass): void {
    const left = (this.#inProgress.get(requestClass) ?? 1) - 1
    if (left > 0) {
      this.#inProgress.set(requestClass, left)
      return
    }
    this.#inProgress.delete(requestClass)
    if (!this.#keeper.has(requestClass)) this.#note(requestClass)
  }

  /** Publishes nothing more. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #note(requestClass: RequestClass): void {
    this.#changed.add(requestClass)
    this.#cancel ??= this.#clock.after(interval, () => {
      this.#cancel = undefined
      const changes = this.#takeChanges()
      if (changes.size > 0) this.#publish(changes)
    })
  }

  #takeChanges(): ResumeChanges {
    const now = this.#clock.now() / 1000
    const changes = new Map<RequestClass, Skill | null>()
    for (const requestClass of this.#changed) {
      const skill = this.#keeper.skill(requestClass, now)
      changes.set(requestClass, skill ?? this.#beginning(requestClass))
    }
    this.#changed.clear()
    return changes
  }

  /** A skill without a served request; `null` if none is in progress. */
  #beginning(requestClass: RequestClass): Skill | null {
    if (!this.#inProgress.has(requestClass)) return null
    const seconds = this.#keeper.expectedSeconds(requestClass)
    return { score: 1 / Math.max(seconds, shortestService), seconds, count: 0, rate: 0 }
  }
}
