/** Header fields of a response on their way to the client. Pure. */
import { addListed, hopByHop } from '@resumelb/common'
import { type ResponseHead, splitHeaders } from '@resumelb/protocol'
import type { ReplyHead } from './client.ts'
import { isLength, type KnownField, knownField, pseudonym } from './known-fields.ts'
import { trailersOf } from './trailers.ts'

/** What the client gets to know of a response's fields. */
export interface ReplyFields extends Pick<ReplyHead, 'contentLength' | 'date' | 'lines'> {
  /** The application wants the connection to end with the response. */
  readonly isLast: boolean
}

/** Names and values that HTTP/1.1 can carry, in turn: as Node checks each of them. */
const headerBlock = /^(?:[\w!#$%&'*+.^`|~-]+\n[\t\x20-\x7e\x80-\xff]*(?:\n(?!$)|$))*$/

const noNames: ReadonlySet<string> = new Set()

const reasonText = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * The head for the client, or `undefined` if HTTP cannot carry it, or it contradicts itself. With
 * `sendsVia`, it tells of this hop.
 */
export function clientHead(
  { reason, headers }: ResponseHead,
  sendsVia: boolean,
): ReplyFields | undefined {
  const isGood = headerBlock.test(headers) && reasonText.test(reason)
  const head = isGood ? headWithout(noNames, headers) : undefined
  return head && sendsVia ? { ...head, lines: `${head.lines}${viaLine}` } : head
}

const viaLine = `Via: 1.1 ${pseudonym}\r\n`

/** The lines of the trailers that may be passed on, or `undefined` if HTTP cannot carry them. */
export function trailerLines(trailers: string): string | undefined {
  if (!headerBlock.test(trailers)) return undefined
  const fields = trailersOf(splitHeaders(trailers))
  let lines = ''
  for (let at = 0; at < fields.length; at += 2) lines += `${fields[at]}: ${fields[at + 1]}\r\n`
  return lines
}

/** The head of a good block, without fields of these lower-case names. */
function headWithout(dropped: ReadonlySet<string>, block: string): ReplyFields | undefined {
  const framing: Framing = { contentLength: -1, date: undefined, isLast: false, isGood: true }
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
    if (isForOneHop(known, name, dropped) || notesFraming(known, value, framing)) continue
    lines += `${name}: ${value}\r\n`
  }
  if (listed !== undefined && dropped.size === 0) return headWithout(listed, block)
  const { contentLength, date, isLast, isGood } = framing
  return isGood ? { contentLength, date, isLast, lines } : undefined
}

/** The fields of a response that whoever sends it must know. */
interface Framing {
  contentLength: number
  date: string | undefined
  isLast: boolean
  isGood: boolean
}

const closeOption = /(?:^|[\s,])close(?:[\s,]|$)/i

/** Notes such a field; false if it is not one. */
function notesFraming(known: KnownField | undefined, value: string, framing: Framing): boolean {
  if (known === 'date') {
    framing.date ??= value
    return true
  }
  if (known !== 'content-length') return false
  if (framing.contentLength >= 0 || !isLength(value)) framing.isGood = false
  framing.contentLength = Number(value)
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
