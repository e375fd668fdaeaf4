/** How long workers have been silent while they owed an answer. */
import { Rows } from '../../structures/rows.ts'

/**
 * A worker may be silent for this many times what its requests would take cold. Twice, because
 * times vary; cold, because a cache may have lost what the résumé remembers.
 */
const patience = 2

/**
 * The columns of a member: requests whose response has not begun, what they would take cold
 * together, and since when it, having such requests, has given no sign of life.
 */
const column = { unanswered: 0, seconds: 1, since: 2 } as const

export class Silences {
  readonly #rows = new Rows()

  /** Makes the member, who may be new, one that owes no answer. */
  reset(member: number): void {
    this.#rows.reserve(member)
    this.#rows.clear(member)
  }

  /** A request begins that would take `cold` seconds if it is cold. */
  begin(member: number, cold: number, now: number): void {
    const rows = this.#rows
    const unanswered = rows.get(member, column.unanswered)
    if (unanswered === 0) rows.set(member, column.since, now)
    rows.set(member, column.unanswered, unanswered + 1)
    rows.set(member, column.seconds, rows.get(member, column.seconds) + cold)
  }

  /** A request of that `cold` estimate need no longer be answered. `isAlive`: because it was. */
  answer(member: number, cold: number, now: number, isAlive: boolean): void {
    const rows = this.#rows
    const unanswered = rows.get(member, column.unanswered) - 1
    rows.set(member, column.unanswered, unanswered)
    const seconds = unanswered === 0 ? 0 : rows.get(member, column.seconds) - cold
    rows.set(member, column.seconds, seconds)
    if (isAlive) rows.set(member, column.since, now)
  }

  /**
   * Seconds by which the member has been silent for longer than its work explains, beside `others`
   * seconds of the other balancers' work per slot.
   */
  overdue(member: number, now: number, others: number): number {
    const rows = this.#rows
    const unanswered = rows.get(member, column.unanswered)
    const expected = (patience * rows.get(member, column.seconds)) / unanswered + others
    return Math.max(0, now - rows.get(member, column.since) - expected)
  }

  /** Whether it owes an answer. */
  owes(member: number): boolean {
    return this.#rows.get(member, column.unanswered) > 0
  }
}
