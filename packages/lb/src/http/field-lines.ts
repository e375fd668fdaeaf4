/** Header fields as lists of names and values in turn, and as the lines of HTTP/1.1. Pure. */

/** The fields of lines that each end with CR LF: names and values alternate. */
export function fieldsOf(lines: string): string[] {
  const fields: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.push(line.slice(0, colon), line.slice(colon + 2))
  }
  return fields
}

/** The first value of a field in such a list. */
export function firstOf(fields: readonly string[], lowerCaseName: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) {
      return fields[at + 1]
    }
  }
  return undefined
}
