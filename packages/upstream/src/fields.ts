/** Header fields as lines of text, as HTTP/1.1 writes them. Pure. */
import { hopByHop, trimBlanks } from '@resumelb/common'
import { UpstreamFault } from './fault.ts'

/** What a field's name is made of (RFC 9110 §5.6.2). */
const token = /^[\w!#$%&'*+.^`|~-]+$/

/** What HTTP does not allow in a value, and what Latin-1 cannot write. */
const badCharacter = /[^\t\x20-\x7e\x80-\xff]/

/** Most names differ in their length from all of these: it is looked at first. */
const hopLengths: ReadonlySet<number> = new Set([...hopByHop].map(({ length }) => length))

/** The lower-case name of a field that ends with a connection; `undefined` for any other. */
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
 * The names and values, in turn, of lines that each end with LF or CR LF, up to an empty one.
 * Blanks before a colon are dropped and folded lines joined, as RFC 9112 §5 has proxies do with
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

/** Where a line ends that is followed by a line feed at this place. */
export function lineEnd(text: string, feed: number): number {
  return text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed
}

const [tab, carriageReturn, space] = [9, 13, 32]

function addLine(fields: string[], text: string, start: number, end: number): void {
  if (isBlank(text.charCodeAt(start))) return unfold(fields, text.slice(start, end))
  const colon = text.indexOf(':', start)
  if (colon < 0 || colon >= end) throw new UpstreamFault('a header line without a colon')
  const name = trimmed(text, start, colon)
  const value = trimmed(text, colon + 1, end)
  if (!isToken(name)) throw new UpstreamFault('a bad name of a header field')
  if (!isValue(value)) throw new UpstreamFault(`a bad character in the header field ${name}`)
  fields.push(name, value)
}

function unfold(fields: string[], line: string): void {
  const last = fields.length - 1
  if (last < 0 || !isValue(line)) throw new UpstreamFault('a bad folded header line')
  fields[last] = `${fields[last]} ${trimBlanks(line)}`
}

function trimmed(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}
