import { describe, expect, test } from 'vitest'
import { LineTable, lineColumn } from '../../../../src/pool/policies/cost/line-table.ts'
import type { ReportedLine } from '../../../../src/pool/policies/cost/size-line.ts'

const line: ReportedLine = {
  fixed: 0.02,
  perUnit: 1e-4,
  rest: 0.5,
  perUnitAhead: 2e-4,
  units: 400,
  seconds: 0.06,
  spread: 90,
  count: 12,
  at: 7,
}

describe('LineTable', () => {
  test('keeps all of a line that is not derived', () => {
    const table = new LineTable()
    const other = table.put({ ...line, units: 1 })
    const number = table.put(line)
    const { fixed, ...kept } = line
    const read = Object.entries(lineColumn).map(([name, column]) => {
      return [name, table.cells[number * 8 + column]]
    })
    expect(Object.fromEntries(read)).toEqual(kept)
    expect(fixed).toBeCloseTo(kept.seconds - kept.perUnit * kept.units)
    expect(table.lastingOf(other)).toEqual({ units: 1, spread: 90, perUnitAhead: 2e-4 })
  })

  test('replaces the line of a number', () => {
    const table = new LineTable()
    const number = table.put(line)
    expect(table.put({ ...line, units: 5 }, number)).toBe(number)
    expect(table.lastingOf(number).units).toBe(5)
  })

  test('gives the numbers of removed lines to others', () => {
    const table = new LineTable()
    const numbers = [table.put(line), table.put(line)]
    for (const number of numbers) table.remove(number)
    expect([table.put(line), table.put(line)].sort()).toEqual(numbers)
    expect(table.put(line)).toBe(2)
  })
})
