/** A Markdown table that is padded, so that it reads well on a terminal too. */

/** The first column is text, the others are figures. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [head, ...body]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    )
    return `| ${cells.join(' | ')} |`
  }
  const rules = widths.map((width, i) => `${'-'.repeat(width + 1)}${i === 0 ? '-' : ':'}`)
  return [line(head), `|${rules.join('|')}|`, ...body.map(line)].join('\n')
}
