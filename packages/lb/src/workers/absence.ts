/** Tells when no worker at all is connected, and again for as long as that lasts. */
import type { Clock } from '@resumelb/common'
import { reminderInterval } from './trouble.ts'

/** Milliseconds that all workers may be away before it is told: they may just be connecting. */
export const absencePatience = 1_000

export class Absence {
  readonly #clock: Clock
  readonly #say: (milliseconds: number) => void
  #startedAt = 0
  #cancel: (() => void) | undefined

  /** `say` is called with the time for which nobody has been there. Nobody is there at first. */
  constructor(clock: Clock, say: (milliseconds: number) => void) {
    this.#clock = clock
    this.#say = say
    this.begin()
  }

  /** Nobody is there, or nobody still is. */
  begin(): void {
    if (this.#cancel !== undefined) return
    this.#startedAt = this.#clock.now()
    this.#tellAfter(absencePatience)
  }

  /** Somebody is there, or nobody is interested any more. */
  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #tellAfter(delay: number): void {
    this.#cancel = this.#clock.after(delay, () => {
      this.#tellAfter(reminderInterval)
      this.#say(this.#clock.now() - this.#startedAt)
    })
  }
}
