/** Lets only so many handlers run at once; the others wait in order. Pure. */

export class Slots {
  #limit: number
  #running = 0
  /** Those who wait, from `#next` on; what is before has run. */
  #waiting: (() => void)[] = []
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length - this.#next
  }

  set limit(limit: number) {
    this.#limit = limit
    this.#start()
  }

  /** Runs `begin` now or when its turn comes. Whoever began calls {@link leave} once. */
  enter(begin: () => void): void {
    if (this.#running < this.#limit && this.waiting === 0) {
      this.#running++
      begin()
    } else {
      this.#waiting.push(begin)
    }
  }

  leave(): void {
    this.#running--
    this.#start()
  }

  #start(): void {
    while (this.#running < this.#limit && this.waiting > 0) {
      const begin = this.#waiting[this.#next++] as () => void
      if (this.#next * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next)
        this.#next = 0
      }
      this.#running++
      begin()
    }
  }
}
