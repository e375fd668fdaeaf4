/** What workers have said of requests by their size, packed: a pick reads a line of each worker. */
import { Rows } from '../../structures/rows.ts'
import type { ReportedLine } from './size-line.ts'

/** The columns of a line. */
export const lineColumn = {
  perUnit: 0,
  rest: 1,
  perUnitAhead: 2,
  units: 3,
  seconds: 4,
  spread: 5,
  count: 6,
  at: 7,
} as const

/** Lines by number. As objects, their numbers were a dozen fetches from memory each. */
export class LineTable {
  readonly #rows = new Rows()
  readonly #free: number[] = []
  #used = 0

  /** Eight numbers for each line, until a line is added. See {@link lineColumn}. */
  get cells(): Float64Array {
    return this.#rows.cells
  }

  /** Adds a line, or replaces that of the number. Returns its number. */
  put(line: ReportedLine, number?: number): number {
    const row = number ?? this.#free.pop() ?? this.#used++
    const rows = this.#rows
    rows.reserve(row)
    rows.set(row, lineColumn.perUnit, line.perUnit)
    rows.set(row, lineColumn.rest, line.rest)
    rows.set(row, lineColumn.perUnitAhead, line.perUnitAhead)
    rows.set(row, lineColumn.units, line.units)
    rows.set(row, lineColumn.seconds, line.seconds)
    rows.set(row, lineColumn.spread, line.spread)
    rows.set(row, lineColumn.count, line.count)
    rows.set(row, lineColumn.at, line.at)
    return row
  }

  /** What later reports may leave out. */
  lastingOf(number: number): Pick<ReportedLine, 'units' | 'spread' | 'perUnitAhead'> {
    return {
      units: this.#rows.get(number, lineColumn.units),
      spread: this.#rows.get(number, lineColumn.spread),
      perUnitAhead: this.#rows.get(number, lineColumn.perUnitAhead),
    }
  }

  /** Forgets a line. Its number goes to another one. */
  remove(number: number): void {
    this.#free.push(number)
  }
}
