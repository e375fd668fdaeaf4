/** Log lines that a storm repeats: the first of a kind as they come, the others summed up. */
import type { Clock, LogMethod } from '@resumelb/common'

/** Milliseconds that are summed up in one line. */
export const summaryInterval = 10_000

/** Lines of a kind that are written one by one in that time. */
export const maxSingleLines = 10

/** Kinds that are told apart; what is beyond counts as one kind. */
const maxKinds = 100

type Facts = Readonly<Record<string, unknown>>

interface Kind {
  /** Lines written one by one. */
  written: number
  /** Lines that were not written. */
  left: number
  /** The first of those. */
  facts: Facts
  readonly message: string
  readonly cancel: () => void
}

/**
 * Writes up to {@link maxSingleLines} lines of each kind in {@link summaryInterval}. Of the others
 * the first is written at the end of that time, with their number: `repeated`, in so many `seconds`.
 */
export class RepeatedLines {
  readonly #say: LogMethod
  readonly #clock: Clock
  readonly #kinds: Map<string, Kind> = new Map()

  constructor(say: LogMethod, clock: Clock) {
    this.#say = say
    this.#clock = clock
  }

  /** `kind` sets lines with the same message apart, for instance by their cause. */
  write(facts: Facts, message: string, kind = ''): void {
    const key = this.#keyOf(`${message} ${kind}`)
    let known = this.#kinds.get(key)
    if (known === undefined) {
      const cancel = this.#clock.after(summaryInterval, () => this.#sumUp(key))
      known = { written: 0, left: 0, facts, message, cancel }
      this.#kinds.set(key, known)
    }
    if (known.written < maxSingleLines) {
      known.written++
      this.#say(facts, message)
    } else {
      if (known.left === 0) known.facts = facts
      known.left++
    }
  }

  /** Writes what has been summed up so far, before the end of the program. */
  flush(): void {
    for (const [key, { cancel }] of [...this.#kinds]) {
      cancel()
      this.#sumUp(key)
    }
  }

  #keyOf(key: string): string {
    return this.#kinds.has(key) || this.#kinds.size < maxKinds ? key : ''
  }

  #sumUp(key: string): void {
    const known = this.#kinds.get(key)
    this.#kinds.delete(key)
    if (known === undefined || known.left === 0) return
    const seconds = summaryInterval / 1000
    this.#say({ ...known.facts, repeated: known.left, seconds }, known.message)
  }
}
