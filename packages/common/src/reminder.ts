/** Tells of a trouble when it has lasted a while, and again for as long as it lasts. */
import type { Clock } from './clock.ts'

/** Milliseconds after which a lasting problem is reported again. */
export const reminderInterval = 30_000

export class Reminder {
  readonly #clock: Clock
  readonly #patience: number
  readonly #say: (milliseconds: number) => void
  #startedAt = 0
  #cancel: (() => void) | undefined

  /**
   * `say` is called with the milliseconds for which it has lasted, for the first time after
   * `patience`: a problem that is over by then is not reported.
   */
  constructor(clock: Clock, patience: number, say: (milliseconds: number) => void) {
    this.#clock = clock
    this.#patience = patience
    this.#say = say
  }

  /** It begins, or still lasts. */
  begin(): void {
    if (this.#cancel !== undefined) return
    this.#startedAt = this.#clock.now()
    this.#tellAfter(this.#patience)
  }

  /** The problem is over, or no longer of interest. */
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
