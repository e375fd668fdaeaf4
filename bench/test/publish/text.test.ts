import { describe, expect, it } from 'vitest'
import { asSection, replaceRow, replaceSection } from '../../publish/text.ts'

describe('publishing results', () => {
  it('replaces what is between two comments', () => {
    const page = 'before\n<!-- models:begin -->\nold\n<!-- models:end -->\nafter\n'
    expect(replaceSection(page, 'models', 'new')).toBe(page.replace('old', 'new'))
    expect(() => replaceSection(page, 'affinity', 'new')).toThrow('<!-- affinity:begin -->')
  })

  it('replaces the cells of the row that a first cell names', () => {
    const page = '| a | b | c |\n|---|---|---|\n| x | 1 | |\n| x y | 2 | 3 |\n'
    const expected = page.replace('| x | 1 | |', '| x | | 5 |')
    expect(replaceRow(page, ['x', '', '5'])).toBe(expected)
  })

  it('refuses a row that is missing or not the only one', () => {
    expect(() => replaceRow('| a | 1 |\n', ['b', '2'])).toThrow('one row | b |, got 0')
    expect(() => replaceRow('| a | 1 |\n| a | 2 |\n', ['a', '2'])).toThrow('got 2')
  })

  it('lowers headings and breaks long lines, but not those of tables', () => {
    const long = `${'word '.repeat(30)}end`
    const row = `| ${long} |`
    const [heading, first, second, ...rest] = asSection(`### Title\n- ${long}\n${row}`).split('\n')
    expect(heading).toBe('#### Title')
    expect(first?.length).toBeLessThanOrEqual(120)
    expect(second).toMatch(/^ {2}word .*end$/)
    expect(rest).toEqual([row])
  })
})
