/** Tables in Markdown. Pure. */

/** A table with this head. Cells are Markdown; see {@link cell} for other texts. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** A text in lines of at most 120 characters. */
export function filled(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd()
}

/** A text in one cell. */
export function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|')
}
