/** Header fields of a response on their way to the client. Pure. */
import { addListed, fieldsOfLines, hopByHop } from '@resumelb/common'
import { type ResponseHead, splitHeaders } from '@resumelb/protocol'
import { isLength, type KnownField, knownField, pseudonym } from './known-fields.ts'
import { trailersOf } from './trailers.ts'

/**
 * The fields of a response for its client. They are made as the lines that HTTP/1.1 sends, in one
 * pass; who sends them otherwise asks for {@link pairs}.
 */
export class ResponseFields {
  /** The fields but for those told apart here, each a line with its CR LF; text that HTTP can carry. */
  readonly lines: string
  /** What the application says of the length of the body; -1 if it says nothing. */
  readonly contentLength: number
  /** The same as the application has written it, which may have leading zeros. */
  readonly lengthText: string | undefined
  /** The application's own date, if it has set one. */
  readonly date: string | undefined
  /** The application wants the connection to end with the response. */
  readonly isLast: boolean

  constructor(lines: string, lengthText?: string, date?: string, isLast = false) {
    this.lines = lines
    this.contentLength = lengthText === undefined ? -1 : Number(lengthText)
    this.lengthText = lengthText
    this.date = date
    this.isLast = isLast
  }

  /** Fields of our own: names and values that HTTP can carry, in turn. */
  static of(pairs: readonly string[]): ResponseFields {
    return new ResponseFields(linesOf(pairs))
  }

  /** The same fields as {@link lines}: names and values, in turn. */
  get pairs(): string[] {
    return fieldsOfLines(this.lines)
  }
}

/** Names and values that HTTP/1.1 can carry, in turn: as Node checks each of them. */
const headerBlock = /^(?:[\w!#$%&'*+.^`|~-]+\n[\t\x20-\x7e\x80-\xff]*(?:\n(?!$)|$))*$/

const noNames: ReadonlySet<string> = new Set()

const reasonText = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The fields for the client, or `undefined` if HTTP cannot carry the head, or it contradicts itself.
 * With `sendsVia`, they tell of this hop.
 */
export function clientFields(
  { reason, headers }: ResponseHead,
  sendsVia: boolean,
): ResponseFields | undefined {
  if (!headerBlock.test(headers) || !reasonText.test(reason)) return undefined
  return fieldsWithout(noNames, headers, sendsVia ? viaLine : '')
}

const viaLine = `Via: 1.1 ${pseudonym}\r\n`

/** The trailers that may be passed on, or `undefined` if HTTP cannot carry them. */
export function clientTrailers(trailers: string): ResponseFields | undefined {
  if (!headerBlock.test(trailers)) return undefined
  return ResponseFields.of(trailersOf(splitHeaders(trailers)))
}

function linesOf(pairs: readonly string[]): string {
  let lines = ''
  for (let at = 0; at < pairs.length; at += 2) lines += `${pairs[at]}: ${pairs[at + 1]}\r\n`
  return lines
}

/** The fields of a good block, without those of these lower-case names, and lines of our own. */
function fieldsWithout(
  dropped: ReadonlySet<string>,
  block: string,
  ownLines: string,
): ResponseFields | undefined {
  const framing: Framing = { lengthText: undefined, date: undefined, isLast: false, isGood: true }
  let lines = ''
  let listed: Set<string> | undefined
  for (let at = 0, end = 0; at < block.length; at = end + 1) {
    const nameEnd = block.indexOf('\n', at)
    end = block.indexOf('\n', nameEnd + 1)
    if (end < 0) end = block.length
    const name = block.slice(at, nameEnd)
    const value = block.slice(nameEnd + 1, end)
    const known = knownField(name)
    if (known === 'connection') {
      listed = addListed(listed, value)
      if (closeOption.test(value)) framing.isLast = true
    }
    if (isForOneHop(known, name, dropped) || noteFraming(known, value, framing)) continue
    lines += `${name}: ${value}\r\n`
  }
  if (listed !== undefined && dropped.size === 0) return fieldsWithout(listed, block, ownLines)
  const { lengthText, date, isLast, isGood } = framing
  return isGood ? new ResponseFields(lines + ownLines, lengthText, date, isLast) : undefined
}

/** The fields of a response that whoever sends it must know. */
interface Framing {
  lengthText: string | undefined
  date: string | undefined
  isLast: boolean
  isGood: boolean
}

const closeOption = /(?:^|[\s,])close(?:[\s,]|$)/i

/** Notes what such a field says in `framing`; returns whether the field is one. */
function noteFraming(known: KnownField | undefined, value: string, framing: Framing): boolean {
  if (known === 'date') {
    framing.date ??= value
    return true
  }
  if (known !== 'content-length') return false
  if (framing.lengthText !== undefined || !isLength(value)) framing.isGood = false
  framing.lengthText = value
  return true
}

function isForOneHop(
  known: KnownField | undefined,
  name: string,
  listed: ReadonlySet<string>,
): boolean {
  if (known !== undefined && hopByHop.has(known)) return true
  return listed.size > 0 && listed.has(name.toLowerCase())
}
