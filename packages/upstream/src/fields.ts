/** Header fields as lines of HTTP/1.1 text. Pure. */
import { hopByHop, isBlank, trimBlanks, trimmedPart } from '@resumelb/common'
import { UpstreamFault } from './fault.ts'

/** The characters of a field name (RFC 9110 §5.6.2). */
const token = /^[\w!#$%&'*+.^`|~-]+$/

/** Characters that are not allowed in a value, or not in latin1. */
const badCharacter = /[^\t\x20-\x7e\x80-\xff]/

/** Lengths of the names below: most other names differ in length, so it is checked first. */
const hopLengths: ReadonlySet<number> = new Set([...hopByHop].map(({ length }) => length))

/** The lower-case name of a hop-by-hop field; `undefined` for any other. */
export function hopName(name: string): string | undefined {
  if (!hopLengths.has(name.length)) return undefined
  const lowerCase = name.toLowerCase()
  return hopByHop.has(lowerCase) ? lowerCase : undefined
}

export function isToken(text: string): boolean {
  return token.test(text)
}

export function isValue(text: string): boolean {
  return !badCharacter.test(text)
}

/**
 * Parses lines that end with LF or CR LF, up to an empty one: names and values, alternating. Spaces
 * before a colon are removed and folded lines joined, as RFC 9112 §5 requires of proxies for
 * responses. Throws an {@link UpstreamFault}.
 */
export function readFields(text: string, start: number): string[] {
  const fields: string[] = []
  for (let at = start; at < text.length; ) {
    const feed = text.indexOf('\n', at)
    const next = feed < 0 ? text.length : feed + 1
    const end = lineEnd(text, feed < 0 ? text.length : feed)
    if (end === at) break
    addLine(fields, text, at, end)
    at = next
  }
  return fields
}

/** The end of a line that is followed by a line feed at this position. */
export function lineEnd(text: string, feed: number): number {
  return text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed
}

const carriageReturn = 13

function addLine(fields: string[], text: string, start: number, end: number): void {
  if (isBlank(text.charCodeAt(start))) return unfold(fields, text.slice(start, end))
  const colon = text.indexOf(':', start)
  if (colon < 0 || colon >= end) throw new UpstreamFault('a header line without a colon')
  const name = trimmedPart(text, start, colon)
  const value = trimmedPart(text, colon + 1, end)
  if (!isToken(name)) throw new UpstreamFault('a bad name of a header field')
  if (!isValue(value)) throw new UpstreamFault(`a bad character in the header field ${name}`)
  fields.push(name, value)
}

function unfold(fields: string[], line: string): void {
  const last = fields.length - 1
  if (last < 0 || !isValue(line)) throw new UpstreamFault('a bad folded header line')
  fields[last] = `${fields[last]} ${trimBlanks(line)}`
}
