/** Puts results into Markdown. Pure. */

/** Columns of a line of Markdown, tables excepted. */
const width = 120

/** Replaces what is between the comments `name:begin` and `name:end`. Throws if they are missing. */
export function replaceSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`Expected ${begin} and ${end}`)
  return `${text.slice(0, from + begin.length)}\n${section}\n${text.slice(to)}`
}

/**
 * Replaces all cells but the first in the row of a table that begins with that cell. Throws unless
 * there is one such row.
 */
export function replaceRow(text: string, [first, ...cells]: readonly string[]): string {
  const begin = `| ${first} |`
  const lines = text.split('\n')
  const found = lines.filter((line) => line.startsWith(begin))
  if (found.length !== 1) throw new Error(`Expected one row ${begin}, got ${found.length}`)
  const row = `${begin}${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}`
  return lines.map((line) => (line.startsWith(begin) ? row : line)).join('\n')
}

/** A report as a part of a page: its headings are one level lower, its lines short enough. */
export function asSection(report: string): string {
  return report
    .split('\n')
    .flatMap((line) => (line.startsWith('#') ? [`#${line}`] : wrapped(line)))
    .join('\n')
}

/** Breaks a line that is not of a table; the lines after the first of a list item are indented. */
function wrapped(line: string): string[] {
  if (line.startsWith('|') || line.length <= width) return [line]
  const at = line.lastIndexOf(' ', width)
  const indent = /^( {2}|- )/.test(line) ? '  ' : ''
  return [line.slice(0, at), ...wrapped(`${indent}${line.slice(at + 1)}`)]
}
