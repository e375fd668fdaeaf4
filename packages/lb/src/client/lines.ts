/** Header fields as the lines of HTTP/1.1. Pure. */

/** The fields of lines that each end with CR LF: names and values alternate. */
export function fieldsOf(lines: string): string[] {
  const fields: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.push(line.slice(0, colon), line.slice(colon + 2))
  }
  return fields
}
