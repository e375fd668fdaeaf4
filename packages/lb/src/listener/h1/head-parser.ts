/**
 * Parses the heads of plain requests. Pure.
 *
 * Plain is what RFC 9112 allows beyond any doubt, and what nearly all requests are: HTTP/1.1, a
 * usual method, a path, one Host, a body of announced length or none, nothing but the connection's
 * persistence to agree upon. All else, good or bad, is left to the reader of any head, which is
 * slower. What is plain means the same to both, and to Node's parser: a test asks them.
 */
import { readLatin1, trimBlanks } from '@resumelb/common'
import type { FailureName } from '../../http/failures.ts'
import { isHost } from '../../http/host.ts'
import {
  isLength,
  type KnownField,
  knownField,
  knownFieldLike,
  mayBeForwarded,
} from '../../http/known-fields.ts'
import {
  noFacts,
  noteRequestField,
  type RequestFacts,
  type RequestNotes,
} from '../../http/request-fields.ts'

export interface H1Head {
  readonly method: string
  /** The path and the query, or an asterisk. */
  readonly url: string
  /** The minor version of HTTP/1. */
  readonly minorVersion: number
  readonly facts: RequestFacts
  /** The connection ends after the response. */
  readonly isLast: boolean
  /**
   * The buffer that starts with the head, from which {@link rawHeadersOf} reads rarely used fields.
   */
  readonly bytes: Buffer
  /** Bytes of the head, including the empty line. */
  readonly length: number
  /** Names and values, alternating, if they are known already. */
  readonly rawHeaders: readonly string[] | undefined
  /** Why the request is refused, if it is. */
  readonly refusal: FailureName | undefined
}

/** Placeholder for the head of an invalid request. */
export const unreadable: H1Head = {
  method: '',
  url: '',
  minorVersion: 1,
  facts: noFacts(),
  isLast: true,
  bytes: Buffer.alloc(0),
  length: 0,
  rawHeaders: [],
  refusal: undefined,
}

const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[!"$-~]*) HTTP\/1\.1$/

const [lineFeed, carriageReturn, space, colon] = [10, 13, 32, 58]

/** Classes of bytes: those of a field name, and those of a field value. */
const [inName, inValue] = [1, 2]

const kinds = new Uint8Array(256)
for (let code = 0; code < kinds.length; code++) {
  // Tabs are allowed, but Node refuses some of them.
  const isText = code >= space && code !== 127
  const isToken = /[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(code))
  kinds[code] = (isToken ? inName : 0) | (isText ? inValue : 0)
}

export class H1HeadParser {
  /** Maximum length of a head that is parsed here. */
  readonly maxLength: number
  /** The header block under construction, which is shorter than its head. */
  readonly #block: Buffer

  constructor(maxLength: number) {
    this.maxLength = maxLength
    this.#block = Buffer.allocUnsafeSlow(maxLength)
  }

  /** Parses the head at the start of these bytes. `undefined` if it is not plain, or incomplete. */
  read(bytes: Buffer, isTrusted: boolean): H1Head | undefined {
    const lineEnd = bytes.indexOf(carriageReturn)
    const line = requestLine.exec(readLatin1(bytes, 0, Math.max(0, lineEnd)))
    if (line === null || bytes[lineEnd + 1] !== lineFeed) return undefined
    const notes = {
      facts: noFacts(),
      isTrusted,
      isPlain: true,
      isLast: false,
      hasLength: false,
      end: 0,
    }
    const blockLength = this.#readFields(bytes, lineEnd + 2, notes)
    const { facts, isLast, end: length } = notes
    if (blockLength < 0 || length > this.maxLength) return undefined
    if (facts.host === undefined || facts.hasTwoHosts) return undefined
    // Without the last line end.
    facts.block = readLatin1(this.#block, 0, blockLength - 1)
    return {
      method: line[1] as string,
      url: line[2] as string,
      minorVersion: 1,
      facts,
      isLast,
      bytes,
      length,
      rawHeaders: undefined,
      refusal: undefined,
    }
  }

  /**
   * Makes the block of the fields from `start` on, and notes where they end. Returns its length; -1
   * if they are not plain.
   */
  #readFields(bytes: Buffer, start: number, notes: Notes): number {
    const block = this.#block
    let length = 0
    for (let at = start, lineEnd = 0; ; at = lineEnd + 2) {
      if (this.#isLineEnd(bytes, at)) {
        notes.end = at + 2
        return length
      }
      const nameEnd = copy(inName, bytes, at, block, length)
      if (bytes[nameEnd] !== colon || nameEnd === at) return -1
      const valueAt = length + nameEnd - at + 1
      block[valueAt - 1] = lineFeed
      const from = skipBlanks(bytes, nameEnd + 1)
      lineEnd = copy(inValue, bytes, from, block, valueAt)
      if (!this.#isLineEnd(bytes, lineEnd)) return -1
      const valueEnd = textEnd(block, valueAt, valueAt + lineEnd - from)
      const known = specialIn(bytes, at, nameEnd)
      const isKept = known === undefined || note(known, readLatin1(block, valueAt, valueEnd), notes)
      if (!notes.isPlain) return -1
      block[valueEnd] = lineFeed
      if (isKept) length = valueEnd + 1
    }
  }

  /** Only up to the maximum length: beyond it, the block holds no copied bytes. */
  #isLineEnd(bytes: Buffer, at: number): boolean {
    return at < this.maxLength && bytes[at] === carriageReturn && bytes[at + 1] === lineFeed
  }
}

/** The facts collected from the fields. */
interface Notes {
  readonly facts: RequestNotes
  readonly isTrusted: boolean
  isPlain: boolean
  isLast: boolean
  hasLength: boolean
  /** Where the head ends. */
  end: number
}

/** Records a known field in `notes`; returns whether the worker gets it unchanged. */
function note(name: KnownField, value: string, notes: Notes): boolean {
  if (!isPlain(name, value, notes)) notes.isPlain = false
  return noteRequestField(name, value, notes.facts, notes.isTrusted)
}

/** Whether a message with this field is still plain. */
function isPlain(name: KnownField, value: string, notes: Notes): boolean {
  switch (name) {
    case 'connection':
      notes.isLast ||= close.test(value)
      return value === 'keep-alive' || persistence.test(value)
    case 'content-length': {
      const isFirst = !notes.hasLength
      notes.hasLength = true
      return isFirst && isLength(value)
    }
    case 'host':
      return isHost(value)
    case 'expect':
    case 'max-forwards':
    case 'transfer-encoding':
    case 'upgrade':
      return false
    default:
      return true
  }
}

const close = /^close$/i
const persistence = /^(?:close|keep-alive)$/i

/** The known name at this position, where all bytes are token characters. */
function specialIn(bytes: Buffer, start: number, end: number): KnownField | undefined {
  const length = end - start
  const first = bytes[start] as number
  const known = knownFieldLike(length, first, bytes[end - 1] as number)
  if (known !== undefined) {
    let at = 0
    while (at < length && ((bytes[start + at] as number) | lowerCase) === known.charCodeAt(at)) at++
    if (at === length) return known
  } else if (!mayBeForwarded(length, first)) {
    return undefined
  }
  // Rare: a name that begins and ends like a known one.
  return knownField(readLatin1(bytes, start, end))
}

/** The bit that distinguishes lower-case letters from upper-case ones; hyphens have it too. */
const lowerCase = 0x20

/** Copies bytes while they belong to a class. Returns where they end. */
function copy(kind: number, from: Buffer, start: number, to: Buffer, toStart: number): number {
  let at = start
  let toAt = toStart
  for (let byte = from[at] as number; ((kinds[byte] as number) & kind) !== 0; ) {
    to[toAt++] = byte
    byte = from[++at] as number
  }
  return at
}

function skipBlanks(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === space) at++
  return at
}

function textEnd(bytes: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && bytes[at - 1] === space) at--
  return at
}

/** The fields of a head: names and values, alternating. */
export function rawHeadersOf({ bytes, length, rawHeaders }: H1Head): string[] {
  if (rawHeaders !== undefined) return [...rawHeaders]
  const fields: string[] = []
  // Between the request line and the empty line.
  for (const line of readLatin1(bytes, 0, length).split('\r\n').slice(1, -2)) {
    const nameEnd = line.indexOf(':')
    fields.push(line.slice(0, nameEnd), trimBlanks(line.slice(nameEnd + 1)))
  }
  return fields
}
