/** HTTP's header fields, as far as every hop has to know them. Pure. */

/**
 * Lower-case names of fields that are for one hop, and that are not passed on (RFC 9110 §7.6.1).
 */
export const hopByHopNames = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const

export const hopByHop: ReadonlySet<string> = new Set(hopByHopNames)

/**
 * Options of a `Connection` field that are no fields, and fields without which the message is
 * another one: never taken away because a peer lists them.
 */
const neverListed: ReadonlySet<string> = new Set(['close', 'content-length', 'host', 'keep-alive'])

/**
 * Adds the lower-case names of the fields that the value of a `Connection` field lists: they are
 * for one hop, and an intermediary removes them (RFC 9110 §7.6.1).
 */
export function addListed(listed: Set<string> | undefined, value: string): Set<string> | undefined {
  // What nearly all say.
  if (value === 'keep-alive') return listed
  let names = listed
  for (const option of value.toLowerCase().split(',')) {
    const name = trimBlanks(option)
    if (name === '' || neverListed.has(name)) continue
    names ??= new Set()
    names.add(name)
  }
  return names
}

/** The names and values, in turn, that are not listed. */
export function withoutListed(fields: string[], listed: ReadonlySet<string> | undefined): string[] {
  if (listed === undefined) return fields
  const kept: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (!listed.has(name.toLowerCase())) kept.push(name, fields[at + 1] as string)
  }
  return kept
}

/**
 * The text without the white space that HTTP allows around a value: spaces and tabs. `trim` would
 * take more, such as no-break spaces; a pattern takes, for many blanks inside, the square of their
 * number.
 */
export function trimBlanks(text: string): string {
  return trimmedPart(text, 0, text.length)
}

/** The same for the characters from `start` to before `end`. */
export function trimmedPart(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const [tab, space] = [9, 32]

/** Whether a character code is a space or a tab. */
export function isBlank(code: number): boolean {
  return code === space || code === tab
}

/** The fields of lines `Name: value` that each end with CR LF: names and values, in turn. */
export function fieldsOfLines(lines: string): string[] {
  const fields: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.push(line.slice(0, colon), trimBlanks(line.slice(colon + 1)))
  }
  return fields
}

/** The first value of a field in a list of names and values in turn. */
export function firstValueOf(fields: readonly string[], lowerCaseName: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) {
      return fields[at + 1]
    }
  }
  return undefined
}
