/** Tells of a trouble when it has lasted a while, and again for as long as it lasts. */
import type { Clock } from './clock.ts'

/** Milliseconds after which a trouble that lasts is told again. */
export const reminderInterval = 30_000

export class Reminder {
  readonly #clock: Clock
  readonly #patience: number
  readonly #say: (milliseconds: number) => void
  #startedAt = 0
  #cancel: (() => void) | undefined

  /**
   * `say` is called with the milliseconds for which it has lasted, for the first time after
   * `patience`: what is over by then is not told.
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

  /** It is over, or nobody is interested any more. */
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
