/**
 * Parses the head of any HTTP/1 request (RFC 9112 §2 to §5) strictly. Slower than
 * {@link H1HeadParser}, which parses only plain requests, with the same results. Pure.
 */
import { METHODS } from 'node:http'
import { readLatin1, trimBlanks } from '@resumelb/common'
import type { FailureName } from '../../http/failures.ts'
import type { Peer } from '../../http/peers.ts'
import { readMessage } from '../../http/request-rules.ts'
import type { H1Head } from './head-parser.ts'

/** Why bytes are not a head, or that they are incomplete. */
export type NoHead = FailureName | 'INCOMPLETE'

const methods: ReadonlySet<string> = new Set(METHODS)

const requestLine = /^([\w!#$%&'*+.^`|~-]+) ([!-~]+) (HTTP\/(\d)\.(\d))$/
const fieldName = /^[\w!#$%&'*+.^`|~-]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const tokenCharacter = /[\w!#$%&'*+.^`|~-]/

const [lineFeed, carriageReturn] = [10, 13]

/**
 * Reads the head that these bytes begin with: at most `maxLength` bytes, line ends before it
 * included.
 */
export function readGeneralHead(bytes: Buffer, maxLength: number, peer: Peer): H1Head | NoHead {
  // RFC 9112 §2.2: an old client may have sent an extra line end.
  const start = skipLineEnds(bytes)
  const length = headEnd(bytes, start, maxLength)
  if (typeof length === 'string') return length
  const [line, ...fieldLines] = readLatin1(bytes, start, length - 4).split('\r\n')
  const found = requestLine.exec(line as string)
  if (found === null) return 'BAD_REQUEST'
  const [, method = '', target = '', , major, minor] = found
  if (major !== '1') return 'UNSUPPORTED_VERSION'
  if (!methods.has(method)) return 'UNSUPPORTED_METHOD'
  const rawHeaders = fieldsOf(fieldLines)
  if (rawHeaders === undefined) return 'BAD_REQUEST'
  // RFC 9110 §2.5: later minor versions are treated as the latest known one.
  const minorVersion = minor === '0' ? 0 : 1
  const message = { method, url: target, minorVersion, rawHeaders }
  return { method, minorVersion, bytes, length, ...readMessage(message, peer) }
}

/**
 * Parses lines without their ends: names and values, alternating; `undefined` if one is invalid.
 */
export function fieldsOf(lines: readonly string[]): string[] | undefined {
  const fields: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const value = trimBlanks(line.slice(colon + 1))
    if (!fieldName.test(name) || !fieldValue.test(value)) return undefined
    fields.push(name, value)
  }
  return fields
}

function skipLineEnds(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) at += 2
  return at
}

/**
 * The end of the head, including the empty line. Bytes that cannot become a head are refused early.
 */
function headEnd(bytes: Buffer, start: number, limit: number): number | NoHead {
  if (!mayBegin(bytes[start])) return 'BAD_REQUEST'
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf(lineFeed, at)
    if (lineEnd < 0 || lineEnd >= limit) {
      if (bytes.length < limit) return 'INCOMPLETE'
      return at === start ? 'URI_TOO_LONG' : 'HEADERS_TOO_LARGE'
    }
    // Bare line feeds, which other parsers may accept as line ends.
    if (bytes[lineEnd - 1] !== carriageReturn) return 'BAD_REQUEST'
    if (lineEnd === at + 1) return lineEnd + 1
    at = lineEnd + 1
  }
}

/** Whether a request, or a line end before one, may start with this byte. */
function mayBegin(byte: number | undefined): boolean {
  if (byte === undefined || byte === carriageReturn) return true
  return tokenCharacter.test(String.fromCharCode(byte))
}
