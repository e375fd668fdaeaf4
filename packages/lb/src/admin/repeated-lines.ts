/** Limits repeated log lines: writes the first of a kind, and summarises the rest. */
import type { Clock } from '@resumelb/common'

/** Milliseconds that one summary line covers. */
export const summaryInterval = 10_000

/** Maximum number of lines of a kind written individually in that time. */
export const maxSingleLines = 10

/** Maximum number of kinds; further ones count as one. */
const maxKinds = 100

/** What the summary of lines has besides the facts of the first that was left out. */
export interface Repetition {
  /** Lines that it stands for. */
  readonly repeated: number
  readonly seconds: number
}

interface Kind<Facts> {
  /** Lines written individually. */
  written: number
  /** Lines that were not written. */
  left: number
  /** The first of those. */
  facts: Facts
  readonly message: string
  readonly cancel: () => void
}

/**
 * Writes up to {@link maxSingleLines} lines of each kind in {@link summaryInterval}. Of the rest,
 * the first is written at the end of that time, with their number: `repeated`, in `seconds`.
 */
export class RepeatedLines<Facts extends object = Readonly<Record<string, unknown>>> {
  readonly #say: (facts: Facts & Partial<Repetition>, message: string) => void
  readonly #clock: Clock
  readonly #kinds: Map<string, Kind<Facts>> = new Map()

  constructor(say: (facts: Facts & Partial<Repetition>, message: string) => void, clock: Clock) {
    this.#say = say
    this.#clock = clock
  }

  /** `kind` separates lines with the same message, for instance by their cause. */
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

  /** Writes the pending summaries, before the program exits. */
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
