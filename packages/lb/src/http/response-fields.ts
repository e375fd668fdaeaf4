/** The header fields of a response for the client. Pure. */
import { addListed, fieldsOfLines, hopByHop } from '@resumelb/common'
import { type ResponseHead, splitHeaders } from '@resumelb/protocol'
import { isLength, type KnownField, knownField } from './known-fields.ts'
import type { OwnFields } from './own-fields.ts'
import { trailersOf } from './trailers.ts'

/**
 * The fields of a response for its client. They are created in one pass as HTTP/1.1 lines; other
 * protocols use {@link pairs}.
 */
export class ResponseFields {
  /** All fields except those with a property here: valid lines, each with its CR LF. */
  readonly lines: string
  /** The Content-Length of the application; -1 if there is none. */
  readonly contentLength: number
  /** The same as the application has written it, which may have leading zeros. */
  readonly lengthText: string | undefined
  /** The Date of the application, if there is one. */
  readonly date: string | undefined
  /** The application wants the connection to end after the response. */
  readonly isLast: boolean

  constructor(lines: string, lengthText?: string, date?: string, isLast = false) {
    this.lines = lines
    this.contentLength = lengthText === undefined ? -1 : Number(lengthText)
    this.lengthText = lengthText
    this.date = date
    this.isLast = isLast
  }

  /** Fields of the load balancer: valid names and values, alternating. */
  static of(pairs: readonly string[]): ResponseFields {
    return new ResponseFields(linesOf(pairs))
  }

  /** The same fields as {@link lines}: names and values, alternating. */
  get pairs(): string[] {
    return fieldsOfLines(this.lines)
  }
}

/** Valid names and values, alternating, as Node checks each of them. */
const headerBlock = /^(?:[\w!#$%&'*+.^`|~-]+\n[\t\x20-\x7e\x80-\xff]*(?:\n(?!$)|$))*$/

const noNames: ReadonlySet<string> = new Set()

const reasonText = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The fields for the client, or `undefined` if the head is invalid or contradicts itself. The id of
 * the request is added unless the application has set its field. `ownLines` are added as they are.
 */
export function clientFields(
  { reason, headers }: ResponseHead,
  own: OwnFields,
  id: string,
  ownLines = '',
): ResponseFields | undefined {
  if (!headerBlock.test(headers) || !reasonText.test(reason)) return undefined
  return fieldsWithout(noNames, headers, own, id, ownLines)
}

/** The trailers to pass on, or `undefined` if they are invalid. */
export function clientTrailers(trailers: string): ResponseFields | undefined {
  if (!headerBlock.test(trailers)) return undefined
  return ResponseFields.of(trailersOf(splitHeaders(trailers)))
}

function linesOf(pairs: readonly string[]): string {
  let lines = ''
  for (let at = 0; at < pairs.length; at += 2) lines += `${pairs[at]}: ${pairs[at + 1]}\r\n`
  return lines
}

/** The fields of a valid block without those with these lower-case names, plus our own lines. */
function fieldsWithout(
  dropped: ReadonlySet<string>,
  block: string,
  own: OwnFields,
  id: string,
  ownLines: string,
): ResponseFields | undefined {
  const framing: Framing = { lengthText: undefined, date: undefined, isLast: false, isGood: true }
  let lines = ''
  let addsId = own.hasId
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
    addsId = addsId && !own.isId(name, known)
    lines += `${name}: ${value}\r\n`
  }
  if (listed !== undefined && dropped.size === 0) {
    return fieldsWithout(listed, block, own, id, ownLines)
  }
  const { lengthText, date, isLast, isGood } = framing
  if (!isGood) return undefined
  return new ResponseFields(lines + own.lines(id, addsId) + ownLines, lengthText, date, isLast)
}

/** What is noted of the framing of a response. */
interface Framing {
  lengthText: string | undefined
  date: string | undefined
  isLast: boolean
  isGood: boolean
}

const closeOption = /(?:^|[\s,])close(?:[\s,]|$)/i

/** Records such a field in `framing`; returns whether it is one. */
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
